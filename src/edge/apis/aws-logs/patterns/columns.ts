import { readComparison, readExpression, takeOperator, type Decides } from './condition.ts';
import type { PatternReader } from './pattern-reader.ts';

const COLUMN_NAME = /[\p{L}\p{N}_-]+/uy;
/** What ends a word that begins with the key. */
const CLOSING: Readonly<Record<string, string>> = { '"': '"', '[': ']' };

/** Columns of a pattern; `rest` stands for any number of them. */
type Column = Decides<string> | 'rest';

/** Reads `[ip, user, ..., status = 4*, bytes]`, which matches lines by their words. Throws `LAM_AWS_PARAMETER`. */
export function readColumns(reader: PatternReader): Decides<string> {
  reader.expect('[');
  const columns: Column[] = [];
  do columns.push(readColumn(reader));
  while (reader.take(','));
  reader.expect(']');
  reader.skipSpace();
  if (!reader.isAtEnd) reader.fail("something stands after ']'");
  const rest = columns.indexOf('rest');
  if (rest !== columns.lastIndexOf('rest')) reader.fail("'...' may stand once");
  const deciders = columns.filter((column) => column !== 'rest');
  return (message) => {
    const words = wordsOf(message);
    if (rest < 0 ? words.length !== deciders.length : words.length < deciders.length) return false;
    const left = words.length - deciders.length;
    return deciders.every((decides, i) => decides(words[rest >= 0 && i >= rest ? i + left : i] ?? ''));
  };
}

function readColumn(reader: PatternReader): Column {
  reader.skipSpace();
  if (reader.take('...')) {
    reader.skipSpace();
    return 'rest';
  }
  if (reader.next === ',' || reader.next === ']') return () => true;
  let name: string | undefined;
  const decides = readExpression(reader, () => {
    const given = reader.takeMatch(COLUMN_NAME) ?? reader.fail('the name of a column is missing');
    name ??= given;
    if (given !== name) reader.fail(`the conditions of one column name '${name}' and '${given}'`);
    reader.skipSpace();
    const operator = takeOperator(reader);
    return operator === undefined ? (): boolean => true : readComparison(reader, operator);
  });
  return decides;
}

/** Words of a line; what is in brackets or double quotes is one. In one pass. */
function wordsOf(line: string): readonly string[] {
  const words: string[] = [];
  const unclosed = new Set<string>();
  const space = /\s/g;
  for (let at = 0; at < line.length;) {
    const first = line[at] ?? '';
    const closing = CLOSING[first];
    const end = closing === undefined || unclosed.has(first) ? -1 : line.indexOf(closing, at + 1);
    if (closing !== undefined && end < 0) unclosed.add(first);
    space.lastIndex = at;
    const next = end < 0 ? (space.exec(line)?.index ?? line.length) : end + 1;
    if (end >= 0) words.push(line.slice(at + 1, end));
    else if (next > at) words.push(line.slice(at, next));
    at = Math.max(next, at + 1);
  }
  return words;
}
