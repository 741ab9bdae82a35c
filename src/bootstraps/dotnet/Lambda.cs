// The part of Amazon.Lambda.Core and of its JSON serializers that handlers compile against, under the same names, so that
// a function needs no package where only Mono is installed.
using System;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace Amazon.Lambda.Core
{
    /// <summary>Names the serializer of an assembly's or a method's events and results.</summary>
    [AttributeUsage(AttributeTargets.Assembly | AttributeTargets.Method)]
    public sealed class LambdaSerializerAttribute : Attribute
    {
        public Type SerializerType { get; }

        public LambdaSerializerAttribute(Type serializerType)
        {
            SerializerType = serializerType;
        }
    }

    /// <summary>Turns JSON into values and values into JSON.</summary>
    public interface ILambdaSerializer
    {
        T Deserialize<T>(Stream requestStream);

        void Serialize<T>(T response, Stream responseStream);
    }

    public interface ILambdaLogger
    {
        void Log(string message);

        void LogLine(string message);
    }

    public interface ICognitoIdentity
    {
        string IdentityId { get; }

        string IdentityPoolId { get; }
    }

    public interface IClientContext
    {
        IDictionary<string, string> Environment { get; }

        IDictionary<string, string> Custom { get; }
    }

    /// <summary>What a handler may ask about its invocation.</summary>
    public interface ILambdaContext
    {
        string AwsRequestId { get; }

        IClientContext ClientContext { get; }

        string FunctionName { get; }

        string FunctionVersion { get; }

        ICognitoIdentity Identity { get; }

        string InvokedFunctionArn { get; }

        ILambdaLogger Logger { get; }

        string LogGroupName { get; }

        string LogStreamName { get; }

        int MemoryLimitInMB { get; }

        TimeSpan RemainingTime { get; }

        string TraceId { get; }
    }

    public static class LambdaLogger
    {
        public static void Log(string message)
        {
            Console.Write(message);
        }
    }
}

namespace Amazon.Lambda.Serialization.SystemTextJson
{
    using Amazon.Lambda.Core;

    /// <summary>Names members in JSON as they are named in C#; reads them in any case.</summary>
    public class DefaultLambdaJsonSerializer : ILambdaSerializer
    {
        private static readonly Encoding Utf8 = new UTF8Encoding(false);
        private readonly bool camelCase;

        public DefaultLambdaJsonSerializer() : this(false)
        {
        }

        protected DefaultLambdaJsonSerializer(bool camelCase)
        {
            this.camelCase = camelCase;
        }

        public T Deserialize<T>(Stream requestStream)
        {
            using (var reader = new StreamReader(requestStream, Utf8))
            {
                return (T)Lam.JsonBinder.Bind(Lam.JsonReader.Parse(reader.ReadToEnd()), typeof(T), "$");
            }
        }

        public void Serialize<T>(T response, Stream responseStream)
        {
            byte[] bytes = Utf8.GetBytes(Lam.JsonWriter.Write(response, camelCase));
            responseStream.Write(bytes, 0, bytes.Length);
        }
    }

    /// <summary>Names members in JSON with a small first letter.</summary>
    public class CamelCaseLambdaJsonSerializer : DefaultLambdaJsonSerializer
    {
        public CamelCaseLambdaJsonSerializer() : base(true)
        {
        }
    }
}
