import { Flags } from '@oclif/core';
import { lamError } from '../errors/index.ts';

/** The value of `--quota` that removes a quota. */
const NONE = 'none';

/** The flag `--quota` of commands on API keys. */
export const QUOTA_FLAG = Flags.string({
  helpValue: 'N|none',
  summary: 'Requests that it may send a day (UTC); 0 stops it.',
});

/** The quota that a flag gives: requests a day, or null for any number. Throws `LAM_CLI_USAGE`. */
export function quotaOf(text: string, command: string): number | null {
  if (text === NONE) return null;
  if (!/^\d{1,15}$/.test(text))
    throw lamError('LAM_CLI_USAGE', {
      what: `--quota takes a number of requests a day or 'none', not '${text}'`,
      command,
    });
  return Number(text);
}
