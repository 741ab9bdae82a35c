import { isAliasName, parseVersionNumber, type FunctionDetail, type VersionNumber } from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';

/**
 * The version that a word names: `3`, `v3` or an alias, which names the version it points at. A number need not exist.
 * Throws `LAM_REGISTRY_ALIAS_NOT_FOUND`, `LAM_CLI_BAD_VERSION`.
 */
export function namedVersion({ name, aliases }: FunctionDetail, word: string): VersionNumber {
  const number = parseVersionNumber(word.replace(/^v/, ''));
  if (number !== undefined) return number;
  const target = Object.hasOwn(aliases, word) ? aliases[word] : undefined;
  if (target !== undefined) return target;
  if (isAliasName(word)) throw lamError('LAM_REGISTRY_ALIAS_NOT_FOUND', { name, alias: word });
  throw lamError('LAM_CLI_BAD_VERSION', { text: word });
}

/** The version that was live before, else the newest one below the live one. Throws `LAM_CLI_NOTHING_TO_COMPARE`. */
export function versionBefore({ name, live, previous, allVersions }: FunctionDetail): VersionNumber {
  const before = previous ?? allVersions.find(({ version }) => version < live)?.version;
  if (before === undefined) throw lamError('LAM_CLI_NOTHING_TO_COMPARE', { name, live });
  return before;
}
