import {
  parseReference,
  parseVersionNumber,
  type FunctionReference,
  type FunctionName,
  isAliasName,
  type AliasName,
  type VersionNumber,
} from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';
import { projectFunctions } from './project-functions.ts';

/**
 * Returns the function that a command applies to: the one named, otherwise the one whose folder `cwd` is in, or the only
 * one of the project. Throws `LAM_CLI_BAD_REFERENCE`, `LAM_CLI_NO_FUNCTION`, `LAM_CLI_SEVERAL_FUNCTIONS`.
 * @param words the command's words after the name, for the commands that the last error lists
 */
export async function targetFunction(
  given: string | undefined,
  cwd: string,
  command: string,
  words: readonly string[] = [],
): Promise<FunctionReference> {
  if (given !== undefined) {
    const reference = parseReference(given);
    if (reference === undefined)
      throw lamError('LAM_CLI_BAD_REFERENCE', {
        text: given,
        what: `'${given}' is not a function name, FUNCTION@VERSION or FUNCTION:ALIAS`,
      });
    return reference;
  }
  const names = await projectFunctions(cwd);
  const [only] = names;
  if (only === undefined) throw lamError('LAM_CLI_NO_FUNCTION', { cwd, command });
  if (names.length > 1)
    throw lamError('LAM_CLI_SEVERAL_FUNCTIONS', { cwd, functions: names, command, rest: words.map(quoted).join(' ') });
  return { name: only, qualifier: undefined };
}

/** The function's name; a version or alias is refused, because the command changes the function as a whole. */
export async function targetName(
  given: string | undefined,
  cwd: string,
  command: string,
  words: readonly string[] = [],
): Promise<FunctionName> {
  const reference = await targetFunction(given, cwd, command, words);
  if (reference.qualifier !== undefined) {
    throw lamError('LAM_CLI_BAD_REFERENCE', {
      text: given ?? '',
      what: `this command takes a function name without version or alias: ${reference.name}`,
    });
  }
  return reference.name;
}

/** Parses `3` or `v3`. Throws `LAM_CLI_BAD_VERSION`. */
export function versionOf(text: string): VersionNumber {
  const version = parseVersionNumber(text.replace(/^v/, ''));
  if (version === undefined) throw lamError('LAM_CLI_BAD_VERSION', { text });
  return version;
}

/** Whether `text` has the form of a version: `3` or `v3`. */
export function looksLikeVersion(text: string): boolean {
  return parseVersionNumber(text.replace(/^v/, '')) !== undefined;
}

/** Takes an argument for an alias. Throws `LAM_REGISTRY_INVALID_ALIAS`. */
export function aliasOf(text: string): AliasName {
  if (!isAliasName(text)) throw lamError('LAM_REGISTRY_INVALID_ALIAS', { alias: text });
  return text;
}

/** The word as a list; empty when it was not given. */
export function given(word: string | undefined): readonly string[] {
  return word === undefined ? [] : [word];
}

/** Quotes a word for a POSIX shell where it needs that. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
