using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Sockets;
using System.Text;

namespace Lam
{
    /// <summary>One answer of the Runtime API.</summary>
    internal sealed class ApiAnswer
    {
        public int Status;
        public readonly Dictionary<string, string> Headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        public byte[] Body = new byte[0];

        public string Header(string name)
        {
            string value;
            return Headers.TryGetValue(name, out value) ? value : "";
        }
    }

    /// <summary>
    /// A connection to AWS's Runtime API at AWS_LAMBDA_RUNTIME_API. Plain HTTP over a socket: System.Net.Http is not in
    /// Debian's small packages of Mono, and its older client keeps one connection for all threads.
    /// </summary>
    internal sealed class RuntimeApi
    {
        private const string Base = "/2018-06-01/runtime/";
        private readonly string host;
        private readonly int port;
        private Stream stream;

        public RuntimeApi(string address)
        {
            int colon = address.LastIndexOf(':');
            host = colon == -1 ? address : address.Substring(0, colon);
            port = colon == -1 ? 80 : int.Parse(address.Substring(colon + 1));
        }

        /// <summary>Waits for the next invocation, however long it takes.</summary>
        public ApiAnswer Next()
        {
            ApiAnswer answer = Send("GET", "invocation/next", null, null);
            if (answer.Status != 200) throw new IOException("the Runtime API answered " + answer.Status);
            return answer;
        }

        public void Respond(string requestId, byte[] result)
        {
            Send("POST", "invocation/" + requestId + "/response", result, null);
        }

        public void Fail(string requestId, ErrorDocument error)
        {
            Send("POST", "invocation/" + requestId + "/error", error.Bytes, error.Type);
        }

        public void FailInit(ErrorDocument error)
        {
            Send("POST", "init/error", error.Bytes, error.Type);
        }

        private ApiAnswer Send(string method, string path, byte[] body, string errorType)
        {
            if (stream == null) stream = Connect();
            var head = new StringBuilder();
            head.Append(method).Append(' ').Append(Base).Append(path).Append(" HTTP/1.1\r\nHost: ").Append(host);
            if (body != null) head.Append("\r\nContent-Type: application/json\r\nContent-Length: ").Append(body.Length);
            if (errorType != null) head.Append("\r\nLambda-Runtime-Function-Error-Type: ").Append(errorType);
            head.Append("\r\n\r\n");
            byte[] first = Encoding.ASCII.GetBytes(head.ToString());
            stream.Write(first, 0, first.Length);
            if (body != null) stream.Write(body, 0, body.Length);
            stream.Flush();
            return Answer();
        }

        private Stream Connect()
        {
            var client = new TcpClient(host, port) { NoDelay = true };
            return new BufferedStream(client.GetStream(), 16 * 1024);
        }

        private ApiAnswer Answer()
        {
            var answer = new ApiAnswer { Status = int.Parse(Line().Split(' ')[1]) };
            for (string line = Line(); line != ""; line = Line())
            {
                int colon = line.IndexOf(':');
                answer.Headers[line.Substring(0, colon)] = line.Substring(colon + 1).Trim();
            }
            bool isChunked = answer.Header("Transfer-Encoding").IndexOf("chunked", StringComparison.OrdinalIgnoreCase) != -1;
            string length = answer.Header("Content-Length");
            if (isChunked) answer.Body = Chunks();
            else if (length != "") answer.Body = Bytes(int.Parse(length));
            if (answer.Header("Connection").Equals("close", StringComparison.OrdinalIgnoreCase))
            {
                stream.Dispose();
                stream = null;
            }
            return answer;
        }

        private byte[] Chunks()
        {
            var whole = new MemoryStream();
            for (; ; )
            {
                int length = Convert.ToInt32(Line().Split(';')[0].Trim(), 16);
                byte[] chunk = Bytes(length);
                Line();
                if (length == 0) return whole.ToArray();
                whole.Write(chunk, 0, length);
            }
        }

        private byte[] Bytes(int length)
        {
            var bytes = new byte[length];
            for (int at = 0; at < length;)
            {
                int read = stream.Read(bytes, at, length - at);
                if (read == 0) throw new EndOfStreamException("the Runtime API closed the connection");
                at += read;
            }
            return bytes;
        }

        private string Line()
        {
            var line = new StringBuilder();
            for (; ; )
            {
                int read = stream.ReadByte();
                if (read == -1) throw new EndOfStreamException("the Runtime API closed the connection");
                if (read == '\n') return line.ToString();
                if (read != '\r') line.Append((char)read);
            }
        }
    }
}
