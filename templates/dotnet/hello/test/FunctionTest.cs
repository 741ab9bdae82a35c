using System;
using System.Collections.Generic;
using Example;

/// <summary>Tests without a package, so that they run with the .NET SDK and with Mono alone.</summary>
internal static class FunctionTest
{
    private static int Main()
    {
        var cases = new Dictionary<string, Request>
        {
            { "Hello Ada!", new Request { Name = "Ada" } },
            { "Hello Grace!", new Request { QueryStringParameters = new Dictionary<string, string> { { "name", "Grace" } } } },
            { "Hello world!", new Request() },
        };
        foreach (var each in cases)
        {
            string message = new Function().Handle(each.Value).Message;
            if (message == each.Key) continue;
            Console.Error.WriteLine("not ok: '" + message + "' and not '" + each.Key + "'");
            return 1;
        }
        Console.WriteLine("ok: " + cases.Count + " tests");
        return 0;
    }
}
