using System;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Threading.Tasks;
using Amazon.Lambda.Core;
using Amazon.Lambda.Serialization.SystemTextJson;

namespace Lam
{
    /// <summary>A handler that cannot be found, or whose method no event fits.</summary>
    public sealed class LambdaValidationException : Exception
    {
        public LambdaValidationException(string message) : base(message)
        {
        }
    }

    /// <summary>The method that 'Assembly::Type::Method' names.</summary>
    internal sealed class Handler
    {
        private readonly MethodInfo method;
        private readonly object target;
        private readonly ILambdaSerializer serializer;

        /// <summary>Loads the assembly from <paramref name="folder"/> and makes an instance unless the method is static.</summary>
        public Handler(string name, string folder)
        {
            string[] parts = name.Split(new[] { "::" }, StringSplitOptions.None);
            if (parts.Length != 3)
                throw new LambdaValidationException("the handler '" + name + "' must read 'Assembly::Type::Method'");
            string file = Path.Combine(folder, parts[0] + ".dll");
            if (!File.Exists(file))
                throw new LambdaValidationException("the handler's assembly '" + parts[0] + ".dll' is not in the package");
            Assembly assembly = Assembly.LoadFrom(file);
            Type type = assembly.GetType(parts[1]);
            if (type == null)
                throw new LambdaValidationException("the assembly '" + parts[0] + "' has no type '" + parts[1] + "'");
            method = MethodOf(type, parts[2]);
            serializer = SerializerOf(method) ?? SerializerOf(assembly) ?? new DefaultLambdaJsonSerializer();
            try
            {
                target = method.IsStatic ? null : Activator.CreateInstance(type);
            }
            catch (TargetInvocationException thrown) when (thrown.InnerException != null)
            {
                throw thrown.InnerException;
            }
        }

        /// <summary>Calls it with an event; returns the result as JSON. Throws what it throws.</summary>
        public byte[] Call(byte[] received, ILambdaContext context)
        {
            object[] arguments = method.GetParameters().Select(parameter => Argument(parameter.ParameterType, received, context)).ToArray();
            object result = Finished(Invoke(arguments));
            var written = new MemoryStream();
            var stream = result as Stream;
            if (stream != null) stream.CopyTo(written);
            else if (ReturnsNothing) return new byte[0];
            else serializer.Serialize(result, written);
            return written.ToArray();
        }

        private bool ReturnsNothing
        {
            get { return method.ReturnType == typeof(void) || method.ReturnType == typeof(Task); }
        }

        private object Invoke(object[] arguments)
        {
            try
            {
                return method.Invoke(target, arguments);
            }
            catch (TargetInvocationException thrown) when (thrown.InnerException != null)
            {
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(thrown.InnerException).Throw();
                throw;
            }
        }

        /// <summary>Waits for a task and returns its result; returns other values as they are.</summary>
        private object Finished(object result)
        {
            var task = result as Task;
            if (task == null) return result;
            task.GetAwaiter().GetResult();
            return ReturnsNothing ? null : method.ReturnType.GetProperty("Result").GetValue(task, null);
        }

        private object Argument(Type type, byte[] received, ILambdaContext context)
        {
            if (type == typeof(ILambdaContext)) return context;
            var stream = new MemoryStream(received);
            if (type == typeof(Stream)) return stream;
            MethodInfo deserialize = typeof(ILambdaSerializer).GetMethod("Deserialize").MakeGenericMethod(type);
            try
            {
                return deserialize.Invoke(serializer, new object[] { stream });
            }
            catch (TargetInvocationException thrown) when (thrown.InnerException != null)
            {
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(thrown.InnerException).Throw();
                throw;
            }
        }

        private static MethodInfo MethodOf(Type type, string name)
        {
            const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;
            MethodInfo[] found = type.GetMethods(All).Where(each => each.Name == name).ToArray();
            if (found.Length == 0)
                throw new LambdaValidationException("the type '" + type.FullName + "' has no method '" + name + "'");
            if (found.Length > 1)
                throw new LambdaValidationException("the type '" + type.FullName + "' has more than one method '" + name + "'");
            ParameterInfo[] parameters = found[0].GetParameters();
            bool isFit = parameters.Length < 2 || (parameters.Length == 2 && parameters[1].ParameterType == typeof(ILambdaContext));
            if (!isFit)
                throw new LambdaValidationException("the method '" + name + "' must take an event and an ILambdaContext, or less");
            return found[0];
        }

        private static ILambdaSerializer SerializerOf(ICustomAttributeProvider where)
        {
            var attribute = (LambdaSerializerAttribute)where.GetCustomAttributes(typeof(LambdaSerializerAttribute), false).FirstOrDefault();
            return attribute == null ? null : (ILambdaSerializer)Activator.CreateInstance(attribute.SerializerType);
        }
    }
}
