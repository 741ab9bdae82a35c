import { stripVTControlCharacters } from 'node:util';
import { RuntimeError } from '../javascript/error-document.ts';
import { relativePaths } from '../javascript/stack.ts';

/**
 * Translates Deno's errors of loading to AWS's types. It gives all of them the code of a module that is not found; the
 * place is part of the message.
 */
export function faultOf(error: unknown): RuntimeError | undefined {
  if (!(error instanceof TypeError) || Reflect.get(error, 'code') !== 'ERR_MODULE_NOT_FOUND') return undefined;
  const [first = '', ...more] = relativePaths(stripVTControlCharacters(error.message)).split('\n');
  const details = more.join('\n');
  return first.startsWith('SyntaxError: ')
    ? new RuntimeError('UserCodeSyntaxError', first, placeOf(more) ?? details)
    : new RuntimeError('ImportModuleError', `Error: ${first}`, details);
}

/** Rewrites Deno's excerpt as Node's: the place, the line, and carets below the fault; undefined for another form. */
function placeOf(lines: readonly string[]): string | undefined {
  const at = lines.findIndex((line) => /^\s*\d+ \| /.test(line));
  const [, text] = /\| (.*)$/.exec(lines[at] ?? '') ?? [];
  const [, marks] = /\| (\s*~+)/.exec(lines[at + 1] ?? '') ?? [];
  const place = /^\s+at (.+):\d+$/.exec(lines.at(-1) ?? '')?.[1];
  if (text === undefined || marks === undefined || place === undefined) return undefined;
  return [place, text, marks.replaceAll('~', '^')].join('\n');
}
