import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { Flags } from '@oclif/core';
import { lamError } from '../../errors/index.ts';

/** The flag of the commands that take variables from files. */
export const ENV_FILE_FLAG = Flags.string({
  multiple: true,
  multipleNonGreedy: true,
  summary: 'Environment variables from a file of KEY=VALUE lines (dotenv); repeatable, later files take precedence.',
  helpValue: 'FILE',
});

/**
 * Reads the variables of files in dotenv's syntax; undefined for no files. Relative names begin at `cwd`. Throws
 * `LAM_CLI_ENV_FILE_UNREADABLE`.
 */
export async function readEnvFiles(
  files: readonly string[] | undefined,
  cwd: string,
): Promise<Record<string, string> | undefined> {
  if (files === undefined) return undefined;
  const variables: Record<string, string> = {};
  for (const file of files) {
    const text = await textOf(file, cwd);
    const line = strangeLine(text);
    if (line !== undefined)
      throw lamError('LAM_CLI_ENV_FILE_UNREADABLE', { file, what: `line ${line} is not of the form KEY=VALUE` });
    Object.assign(variables, parseEnv(text));
  }
  return variables;
}

async function textOf(file: string, cwd: string): Promise<string> {
  try {
    return await readFile(resolve(cwd, file), 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const what = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'it is a folder' : (code ?? message);
    throw lamError('LAM_CLI_ENV_FILE_UNREADABLE', { file, what }, error);
  }
}

/** A variable with its value, which goes on over line ends while it is quoted. */
const ENTRY = /^[ \t]*(?:export[ \t]+)?[^\s=#]+[ \t]*=[ \t]*(?:'[^']*'|"[^"]*"|`[^`]*`|).*$/gm;

/** Number of the first line that is neither part of a variable nor empty nor a comment, which the parser would skip. */
function strangeLine(text: string): number | undefined {
  const rest = text.replace(ENTRY, (entry) => entry.replaceAll(/[^\n]/g, '')).split('\n');
  const index = rest.findIndex((line) => /^\s*[^\s#]/.test(line));
  return index === -1 ? undefined : index + 1;
}
