using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Reflection;

namespace Lam
{
    /// <summary>Turns parsed JSON into values of the types that handlers name.</summary>
    internal static class JsonBinder
    {
        /// <summary>Returns the value as a <paramref name="type"/>; <paramref name="path"/> names it in errors.</summary>
        public static object Bind(object value, Type type, string path)
        {
            Type inner = Nullable.GetUnderlyingType(type);
            if (value == null)
            {
                if (inner != null || !type.IsValueType) return null;
                throw Unfit("null", type, path);
            }
            if (inner != null) return Bind(value, inner, path);
            if (type.IsInstanceOfType(value)) return value;
            var members = value as Dictionary<string, object>;
            if (members != null) return Object(members, type, path);
            var items = value as List<object>;
            return items != null ? Items(items, type, path) : Scalar(value, type, path);
        }

        private static object Scalar(object value, Type type, string path)
        {
            try
            {
                if (type.IsEnum && value is long) return Enum.ToObject(type, value);
                if (type.IsEnum) return Enum.Parse(type, (string)value, true);
                if (type == typeof(Guid)) return Guid.Parse((string)value);
                if (type == typeof(TimeSpan)) return TimeSpan.Parse((string)value, CultureInfo.InvariantCulture);
                if (type == typeof(DateTimeOffset)) return DateTimeOffset.Parse((string)value, CultureInfo.InvariantCulture);
                if (type == typeof(DateTime))
                    return DateTime.Parse((string)value, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind);
                bool isNumber = type.IsPrimitive || type == typeof(decimal);
                if (isNumber && type != typeof(bool) && type != typeof(char) && !(value is string) && !(value is bool))
                    return Convert.ChangeType(value, type, CultureInfo.InvariantCulture);
                if (type == typeof(char) && value is string) return Convert.ToChar(value);
            }
            catch (Exception fault) when (fault is FormatException || fault is InvalidCastException
                || fault is OverflowException || fault is ArgumentException)
            {
                throw Unfit("'" + value + "'", type, path);
            }
            throw Unfit("'" + value + "'", type, path);
        }

        private static object Items(List<object> items, Type type, string path)
        {
            Type item = type.IsArray ? type.GetElementType() : ArgumentOf(type, typeof(IEnumerable<>), 0);
            if (item == null) throw Unfit("a list", type, path);
            var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(item));
            for (int i = 0; i < items.Count; i++) list.Add(Bind(items[i], item, path + "[" + i + "]"));
            if (type.IsInstanceOfType(list)) return list;
            Array array = Array.CreateInstance(item, list.Count);
            list.CopyTo(array, 0);
            if (type.IsInstanceOfType(array)) return array;
            ConstructorInfo from = type.GetConstructor(new[] { typeof(IEnumerable<>).MakeGenericType(item) });
            if (from == null) throw Unfit("a list", type, path);
            return from.Invoke(new object[] { list });
        }

        private static object Object(Dictionary<string, object> members, Type type, string path)
        {
            Type value = ArgumentOf(type, typeof(IDictionary<,>), 1);
            if (value != null)
            {
                Type concrete = type.IsInterface ? typeof(Dictionary<,>).MakeGenericType(typeof(string), value) : type;
                var made = Activator.CreateInstance(concrete) as IDictionary;
                if (made == null || ArgumentOf(type, typeof(IDictionary<,>), 0) != typeof(string))
                    throw Unfit("an object", type, path);
                foreach (var member in members) made[member.Key] = Bind(member.Value, value, path + "." + member.Key);
                return made;
            }
            if (type.IsPrimitive || type == typeof(string) || type.IsInterface || type.IsAbstract)
                throw Unfit("an object", type, path);
            object target = Create(type, path);
            foreach (PropertyInfo property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
            {
                string name = members.Keys.FirstOrDefault(key => string.Equals(key, property.Name, StringComparison.OrdinalIgnoreCase));
                if (name == null || property.GetSetMethod() == null || property.GetIndexParameters().Length > 0) continue;
                property.SetValue(target, Bind(members[name], property.PropertyType, path + "." + name), null);
            }
            return target;
        }

        private static object Create(Type type, string path)
        {
            if (type.IsValueType || type.GetConstructor(Type.EmptyTypes) != null) return Activator.CreateInstance(type);
            throw new JsonException(path + " cannot be a " + type + ": it has no public constructor without parameters");
        }

        private static Type ArgumentOf(Type type, Type generic, int index)
        {
            Type found = new[] { type }.Concat(type.GetInterfaces())
                .FirstOrDefault(each => each.IsGenericType && each.GetGenericTypeDefinition() == generic);
            return found == null ? null : found.GetGenericArguments()[index];
        }

        private static JsonException Unfit(string what, Type type, string path)
        {
            return new JsonException(path + ": " + what + " cannot be a " + type);
        }
    }
}
