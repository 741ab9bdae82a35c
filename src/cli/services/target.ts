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

/** Returns the function that a command applies to: the one named, otherwise the only one of the project in `cwd`. */
export async function targetFunction(
  given: string | undefined,
  cwd: string,
  command: string,
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
  if (only === undefined || names.length > 1) throw lamError('LAM_CLI_NO_FUNCTION', { cwd, command });
  return { name: only, qualifier: undefined };
}

/** The function's name; a version or alias is refused, because the command changes the function as a whole. */
export async function targetName(given: string | undefined, cwd: string, command: string): Promise<FunctionName> {
  const reference = await targetFunction(given, cwd, command);
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
