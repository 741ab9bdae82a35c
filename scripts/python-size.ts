/** The bounds that .oxlintrc.json sets for TypeScript; blank lines, comments and docstrings do not count. */
const MOST_LINES = 400;
const MOST_FUNCTION_LINES = 60;
const MOST_PARAMETERS = 4;

/** Returns a line for each bound that a Python source exceeds. Pure; reads functions by their indentation. */
export function pythonSizeFaults(text: string): string[] {
  const lines = withoutDocstrings(text).split('\n');
  const total = lines.filter(isCode).length;
  const faults = total > MOST_LINES ? [`has ${total} lines of code; ${MOST_LINES} are the most`] : [];
  for (const [at, line] of lines.entries()) {
    const head = /^(\s*)(?:async )?def (\w+)\(/.exec(line);
    if (head === null) continue;
    const [opening, indent = '', name = ''] = head;
    const size = functionLines(lines.slice(at), indent.length);
    if (size > MOST_FUNCTION_LINES) faults.push(`'${name}' has ${size} lines; ${MOST_FUNCTION_LINES} are the most`);
    const parameters = parametersOf([line.slice(opening.length), ...lines.slice(at + 1)].join('\n'));
    if (parameters.length > MOST_PARAMETERS) {
      faults.push(`'${name}' takes ${parameters.length} parameters; ${MOST_PARAMETERS} are the most`);
    }
  }
  return faults;
}

/** Empties strings in triple quotes that begin a line. */
function withoutDocstrings(text: string): string {
  return text.replaceAll(/^[ \t]*("""|''')[\s\S]*?\1/gm, (string) => string.replaceAll(/[^\n]/g, ''));
}

function isCode(line: string): boolean {
  return line.trim() !== '' && !line.trimStart().startsWith('#');
}

/** Lines of code of the function that begins with the first of `lines`: up to one that is not indented further. */
function functionLines(lines: readonly string[], indent: number): number {
  const code = lines.filter(isCode);
  // A head over several lines ends with a bracket at the indentation of its `def`.
  const end = code.findIndex((line, i) => i > 0 && !/^\s*\)/.test(line) && line.search(/\S/) <= indent);
  return end === -1 ? code.length : end;
}

/** Parameters before the bracket that closes the list, without `self`, `cls` and the separators `*` and `/`. */
function parametersOf(afterBracket: string): readonly string[] {
  const parts = [''];
  let depth = 0;
  for (const character of afterBracket) {
    if (depth === 0 && character === ')') break;
    if ('([{'.includes(character)) depth += 1;
    if (')]}'.includes(character)) depth -= 1;
    if (depth === 0 && character === ',') parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts.map((part) => part.trim()).filter((part) => part !== '' && !['self', 'cls', '*', '/'].includes(part));
}
