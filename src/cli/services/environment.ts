import { lamError } from '../../errors/index.ts';

/** Parses `KEY=VALUE` pairs; a value may contain `=`. Throws `LAM_CLI_BAD_ENVIRONMENT`. */
export function parsePairs(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf('=');
      if (equals < 1) throw lamError('LAM_CLI_BAD_ENVIRONMENT', { text: pair });
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}
