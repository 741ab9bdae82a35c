using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Lam
{
    /// <summary>An exception as AWS's client for .NET reports it.</summary>
    internal sealed class ErrorDocument
    {
        public readonly string Type;
        public readonly byte[] Bytes;

        public ErrorDocument(Exception thrown)
        {
            Type = thrown.GetType().Name;
            Bytes = new UTF8Encoding(false).GetBytes(JsonWriter.Write(Members(thrown), false));
        }

        private static Dictionary<string, object> Members(Exception thrown)
        {
            var members = new Dictionary<string, object>
            {
                { "errorType", thrown.GetType().Name },
                { "errorMessage", thrown.Message },
                { "stackTrace", (thrown.StackTrace ?? "").Split('\n').Select(line => line.Trim()).Where(line => line != "").ToArray() },
            };
            if (thrown.InnerException != null) members["cause"] = Members(thrown.InnerException);
            return members;
        }
    }
}
