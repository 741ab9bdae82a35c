using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Lam
{
    /// <summary>A text that is no JSON, or JSON that does not fit the type it is wanted as.</summary>
    public sealed class JsonException : Exception
    {
        public JsonException(string message) : base(message)
        {
        }
    }

    /// <summary>
    /// Parses JSON into null, bool, long, double, string, List&lt;object&gt; and Dictionary&lt;string, object&gt;.
    /// </summary>
    internal sealed class JsonReader
    {
        private const int DeepestNesting = 512;
        private readonly string text;
        private int at;
        private int depth;

        private JsonReader(string text)
        {
            this.text = text;
        }

        public static object Parse(string text)
        {
            var reader = new JsonReader(text);
            object value = reader.Value();
            reader.Blanks();
            if (reader.at < text.Length) throw reader.Fault("the end");
            return value;
        }

        private object Value()
        {
            Blanks();
            if (at == text.Length) throw Fault("a value");
            switch (text[at])
            {
                case '{': return Nested(Members);
                case '[': return Nested(Items);
                case '"': return Text();
                case 't': return Word("true", true);
                case 'f': return Word("false", false);
                case 'n': return Word("null", null);
                default: return Number();
            }
        }

        private object Nested(Func<object> read)
        {
            if (++depth > DeepestNesting) throw new JsonException("JSON is nested deeper than " + DeepestNesting);
            at++;
            object value = read();
            depth--;
            return value;
        }

        private object Members()
        {
            var members = new Dictionary<string, object>();
            if (Skips('}')) return members;
            do
            {
                Blanks();
                if (at == text.Length || text[at] != '"') throw Fault("a name");
                string name = Text();
                if (!Skips(':')) throw Fault("':'");
                members[name] = Value();
            }
            while (Skips(','));
            if (!Skips('}')) throw Fault("',' or '}'");
            return members;
        }

        private object Items()
        {
            var items = new List<object>();
            if (Skips(']')) return items;
            do items.Add(Value());
            while (Skips(','));
            if (!Skips(']')) throw Fault("',' or ']'");
            return items;
        }

        private string Text()
        {
            var read = new StringBuilder();
            for (at++; ; at++)
            {
                if (at >= text.Length || text[at] < ' ') throw Fault("'\"'");
                if (text[at] == '"') break;
                if (text[at] == '\\') read.Append(Escaped());
                else read.Append(text[at]);
            }
            at++;
            return read.ToString();
        }

        private char Escaped()
        {
            at++;
            char letter = at < text.Length ? text[at] : ' ';
            int known = "\"\\/bfnrt".IndexOf(letter);
            if (known != -1) return "\"\\/\b\f\n\r\t"[known];
            int code;
            bool isCode = letter == 'u' && at + 4 < text.Length
                && int.TryParse(text.Substring(at + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out code);
            if (!isCode) throw Fault("an escaped character");
            code = int.Parse(text.Substring(at + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            at += 4;
            return (char)code;
        }

        private object Word(string word, object value)
        {
            if (string.CompareOrdinal(text, at, word, 0, word.Length) != 0) throw Fault("a value");
            at += word.Length;
            return value;
        }

        private object Number()
        {
            int from = at;
            while (at < text.Length && "+-.0123456789eE".IndexOf(text[at]) != -1) at++;
            string digits = text.Substring(from, at - from);
            long whole;
            if (long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out whole)) return whole;
            double number;
            if (double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out number)) return number;
            at = from;
            throw Fault("a value");
        }

        private bool Skips(char wanted)
        {
            Blanks();
            if (at == text.Length || text[at] != wanted) return false;
            at++;
            return true;
        }

        private void Blanks()
        {
            while (at < text.Length && " \t\r\n".IndexOf(text[at]) != -1) at++;
        }

        private JsonException Fault(string wanted)
        {
            string found = at < text.Length ? "'" + text[at] + "'" : "the end";
            return new JsonException("no JSON: " + wanted + " is expected at character " + at + ", not " + found);
        }
    }
}
