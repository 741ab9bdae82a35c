import { withValues } from './references.ts';

/** Resolves references to variables, and keeps their values out of messages. */
export interface Variables {
  /** Returns a setting with the values of its `${NAME}`s. Throws what the lookup throws. */
  value(text: string): string;
  /** Returns words without the values that were resolved. */
  hidden(words: string): string;
}

/** @param lookup the value of a variable; throws for unknown ones */
export function variablesBy(lookup: (variable: string) => string): Variables {
  const secrets = new Set<string>();
  const valueOf = (variable: string): string => {
    const value = lookup(variable);
    secrets.add(value);
    secrets.add(encodeURIComponent(value));
    return value;
  };
  return {
    value: (text) => withValues(text, valueOf),
    hidden(words) {
      let left = words;
      for (const secret of secrets) if (secret !== '') left = left.replaceAll(secret, '***');
      return left;
    },
  };
}
