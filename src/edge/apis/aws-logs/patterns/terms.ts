import type { Decides } from './condition.ts';
import type { PatternReader } from './pattern-reader.ts';

/** A term without quotes. */
const WORD = /[\p{L}\p{N}_]+/uy;
const REST = /[^\s]+/y;

/**
 * Reads terms: all of them must be in a message, none with `-`, and if each has `?`, one of them. Beside others those
 * with `?` are ignored, as AWS does. Throws `LAM_AWS_PARAMETER`.
 */
export function readTerms(reader: PatternReader): Decides<string> {
  const wanted: Decides<string>[] = [];
  const excluded: Decides<string>[] = [];
  const optional: Decides<string>[] = [];
  for (reader.skipSpace(); !reader.isAtEnd; reader.skipSpace()) {
    const list = reader.take('-') ? excluded : reader.take('?') ? optional : wanted;
    list.push(readTerm(reader));
  }
  if (wanted.length === 0 && excluded.length === 0) return (message) => optional.some((is) => is(message));
  return (message) => wanted.every((is) => is(message)) && !excluded.some((is) => is(message));
}

function readTerm(reader: PatternReader): Decides<string> {
  if (reader.next === '%') return reader.regex();
  if (reader.next === '"') {
    const phrase = reader.quoted('"');
    return (message) => message.includes(phrase);
  }
  const word = reader.takeMatch(WORD) ?? '';
  const after = reader.next;
  if (word === '' || (after !== '' && !/\s/.test(after)))
    reader.fail(`Invalid character(s) in term '${word}${reader.takeMatch(REST) ?? ''}'; put it in double quotes`);
  return (message) => message.includes(word);
}
