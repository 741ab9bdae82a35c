using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Threading;
using Amazon.Lambda.Core;

namespace Lam
{
    /// <summary>Runs a handler of a .NET assembly on Mono: polls the Runtime API and calls the handler.</summary>
    internal static class Client
    {
        private static int Main(string[] arguments)
        {
            Console.SetOut(Writer(Console.OpenStandardOutput()));
            Console.SetError(Writer(Console.OpenStandardError()));
            string address = Environment.GetEnvironmentVariable("AWS_LAMBDA_RUNTIME_API") ?? "";
            Handler handler;
            try
            {
                string folder = Environment.GetEnvironmentVariable("LAMBDA_TASK_ROOT") ?? Directory.GetCurrentDirectory();
                handler = new Handler(arguments.Length == 0 ? "" : arguments[0], folder);
            }
            catch (Exception thrown)
            {
                Console.Error.WriteLine(thrown);
                new RuntimeApi(address).FailInit(new ErrorDocument(thrown));
                return 1;
            }
            int most = int.Parse(Environment.GetEnvironmentVariable("AWS_LAMBDA_MAX_CONCURRENCY") ?? "1");
            for (int i = 1; i < most; i++) new Thread(() => Serve(handler, new RuntimeApi(address), false)).Start();
            Serve(handler, new RuntimeApi(address), most == 1);
            return 0;
        }

        private static TextWriter Writer(Stream stream)
        {
            return TextWriter.Synchronized(new StreamWriter(stream, new UTF8Encoding(false)) { AutoFlush = true });
        }

        /// <summary>Handles invocations one after the other, for ever. <paramref name="alone"/>: no other thread does.</summary>
        private static void Serve(Handler handler, RuntimeApi api, bool alone)
        {
            for (; ; )
            {
                ApiAnswer next = api.Next();
                var context = new Context(next);
                // Many at once could not share one variable.
                if (alone) Environment.SetEnvironmentVariable("_X_AMZN_TRACE_ID", context.TraceId);
                byte[] result;
                try
                {
                    result = handler.Call(next.Body, context);
                }
                catch (Exception thrown)
                {
                    Console.Error.WriteLine(thrown);
                    api.Fail(context.AwsRequestId, new ErrorDocument(thrown));
                    continue;
                }
                api.Respond(context.AwsRequestId, result);
            }
        }

        private sealed class Context : ILambdaContext
        {
            private readonly DateTime deadline;

            public Context(ApiAnswer next)
            {
                AwsRequestId = next.Header("Lambda-Runtime-Aws-Request-Id");
                InvokedFunctionArn = next.Header("Lambda-Runtime-Invoked-Function-Arn");
                TraceId = next.Header("Lambda-Runtime-Trace-Id");
                double milliseconds = double.Parse(next.Header("Lambda-Runtime-Deadline-Ms"));
                deadline = new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddMilliseconds(milliseconds);
            }

            public string AwsRequestId { get; }

            public string InvokedFunctionArn { get; }

            public string TraceId { get; }

            public IClientContext ClientContext => null;

            public ICognitoIdentity Identity => null;

            public string FunctionName => Environment.GetEnvironmentVariable("AWS_LAMBDA_FUNCTION_NAME");

            public string FunctionVersion => Environment.GetEnvironmentVariable("AWS_LAMBDA_FUNCTION_VERSION");

            public string LogGroupName => Environment.GetEnvironmentVariable("AWS_LAMBDA_LOG_GROUP_NAME");

            public string LogStreamName => Environment.GetEnvironmentVariable("AWS_LAMBDA_LOG_STREAM_NAME");

            public int MemoryLimitInMB => int.Parse(Environment.GetEnvironmentVariable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"));

            public TimeSpan RemainingTime => deadline - DateTime.UtcNow;

            public ILambdaLogger Logger { get; } = new ConsoleLogger();
        }

        private sealed class ConsoleLogger : ILambdaLogger
        {
            public void Log(string message)
            {
                Console.Write(message);
            }

            public void LogLine(string message)
            {
                Console.WriteLine(message);
            }
        }
    }
}
