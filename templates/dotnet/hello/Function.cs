using System;
using System.Collections.Generic;

namespace Example
{
    public class Request
    {
        public string Name { get; set; }

        public Dictionary<string, string> QueryStringParameters { get; set; }
    }

    public class Greeting
    {
        public string Message { get; set; }
    }

    /// <summary>Greets whom the event names.</summary>
    public class Function
    {
        public Greeting Handle(Request request)
        {
            // `lam invoke -d '{"name":"Ada"}'` passes the name itself; over HTTP the event describes the request: /{{name}}?name=Ada
            string name = request.Name;
            if (name == null && request.QueryStringParameters != null)
                request.QueryStringParameters.TryGetValue("name", out name);
            name = name ?? "world";
            Console.WriteLine("greeting " + name);
            return new Greeting { Message = "Hello " + name + "!" };
        }
    }
}
