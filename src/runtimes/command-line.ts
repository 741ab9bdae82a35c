/**
 * Splits a command line into words, as a shell does without its expansions: blanks separate, quotes keep them, and a
 * backslash takes the next character as it is (within double quotes only `"` and `\`). Undefined where a quote stays
 * open. Pure.
 */
export function wordsOf(line: string): readonly string[] | undefined {
  const words: string[] = [];
  let rest = line.trimStart();
  while (rest !== '') {
    let word = '';
    while (rest !== '' && !/^\s/.test(rest)) {
      const part = PART.exec(rest);
      if (part === null) return undefined;
      const [all, single, double, escaped, plain] = part;
      word += single ?? double?.replaceAll(/\\(["\\])/g, '$1') ?? escaped ?? plain ?? '';
      rest = rest.slice(all.length);
    }
    words.push(word);
    rest = rest.trimStart();
  }
  return words;
}

/** The next part of a word: in single quotes, in double quotes, an escaped character, or plain text. */
const PART = /^(?:'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])|([^\s'"\\]+))/;

/** Returns the program of a command line as a path relative to the code's root, or as it is when it is absolute. Pure. */
export function programOf(line: string): string {
  return (wordsOf(line)?.[0] ?? line).replace(/^(?:\.\/+)+/, '');
}
