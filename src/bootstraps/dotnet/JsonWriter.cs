using System;
using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace Lam
{
    /// <summary>Writes values as JSON.</summary>
    internal sealed class JsonWriter
    {
        /// <summary>As in System.Text.Json; deeper values are taken for circles.</summary>
        private const int DeepestNesting = 64;
        private readonly StringBuilder written = new StringBuilder();
        private readonly bool camelCase;
        private int depth;

        private JsonWriter(bool camelCase)
        {
            this.camelCase = camelCase;
        }

        /// <summary>Throws NotSupportedException for a value that is no data.</summary>
        public static string Write(object value, bool camelCase)
        {
            var writer = new JsonWriter(camelCase);
            writer.Value(value);
            return writer.written.ToString();
        }

        private void Value(object value)
        {
            if (++depth > DeepestNesting)
                throw new NotSupportedException("a value is nested deeper than " + DeepestNesting + ", or contains itself");
            if (value == null) written.Append("null");
            else if (value is string || value is char || value is Guid || value is TimeSpan) Text(value.ToString());
            else if (value is bool) written.Append((bool)value ? "true" : "false");
            else if (value is DateTime) Text(((DateTime)value).ToString("o", CultureInfo.InvariantCulture));
            else if (value is DateTimeOffset) Text(((DateTimeOffset)value).ToString("o", CultureInfo.InvariantCulture));
            else if (value is byte[]) Text(Convert.ToBase64String((byte[])value));
            else if (value.GetType().IsEnum) written.Append(Convert.ToInt64(value, CultureInfo.InvariantCulture));
            else if (value is float || value is double) Number(Convert.ToDouble(value, CultureInfo.InvariantCulture), value);
            else if (value.GetType().IsPrimitive || value is decimal)
                written.Append(Convert.ToString(value, CultureInfo.InvariantCulture));
            else if (value is IDictionary) Entries((IDictionary)value);
            else if (value is IEnumerable) Items((IEnumerable)value);
            else if (value is Delegate || value is Type || value is MemberInfo)
                throw new NotSupportedException(value.GetType() + " cannot be written as JSON");
            else Members(value);
            depth--;
        }

        private void Number(double number, object value)
        {
            if (double.IsNaN(number) || double.IsInfinity(number))
                throw new NotSupportedException(number.ToString(CultureInfo.InvariantCulture) + " cannot be written as JSON");
            written.Append(((IFormattable)value).ToString("R", CultureInfo.InvariantCulture));
        }

        private void Entries(IDictionary entries)
        {
            string before = "{";
            foreach (DictionaryEntry entry in entries)
            {
                written.Append(before);
                before = ",";
                Text(Convert.ToString(entry.Key, CultureInfo.InvariantCulture));
                written.Append(':');
                Value(entry.Value);
            }
            written.Append(before == "{" ? "{}" : "}");
        }

        private void Items(IEnumerable items)
        {
            string before = "[";
            foreach (object item in items)
            {
                written.Append(before);
                before = ",";
                Value(item);
            }
            written.Append(before == "[" ? "[]" : "]");
        }

        private void Members(object value)
        {
            string before = "{";
            foreach (PropertyInfo property in value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
            {
                if (property.GetGetMethod() == null || property.GetIndexParameters().Length > 0) continue;
                written.Append(before);
                before = ",";
                Text(camelCase ? char.ToLowerInvariant(property.Name[0]) + property.Name.Substring(1) : property.Name);
                written.Append(':');
                Value(property.GetValue(value, null));
            }
            written.Append(before == "{" ? "{}" : "}");
        }

        private void Text(string text)
        {
            written.Append('"');
            foreach (char each in text)
            {
                int known = "\"\\\b\f\n\r\t".IndexOf(each);
                if (known != -1) written.Append('\\').Append("\"\\bfnrt"[known]);
                else if (each < ' ' || char.IsSurrogate(each) || each == '\u2028' || each == '\u2029')
                    written.Append("\\u").Append(((int)each).ToString("x4"));
                else written.Append(each);
            }
            written.Append('"');
        }
    }
}
