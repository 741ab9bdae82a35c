import { Flags } from '@oclif/core';
import { KEY_SCOPES, type KeyScope } from '../contract/index.ts';
import { lamError } from '../errors/index.ts';

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const NEVER = 'never';

/** Flags of what an API key allows, and for how long. */
export const KEY_FLAGS = {
  scope: Flags.string({
    helpValue: 'SCOPE,...',
    summary: `What it allows at lam's APIs: ${KEY_SCOPES.join(', ')}.`,
  }),
  function: Flags.string({
    helpValue: 'NAME,...',
    summary: "Only these functions, by name or how names begin ('orders-*'); '*' for all.",
  }),
  expires: Flags.string({
    helpValue: '30d|never',
    summary: 'When it ends, from now: 90s, 15m, 12h, 30d, 4w; or never.',
  }),
} as const;

/** The parts of a list with commas. */
export function listOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** The scopes that a flag gives. Throws `LAM_CLI_USAGE`. */
export function scopesOf(text: string, command: string): readonly KeyScope[] {
  return listOf(text).map((part) => {
    const scope = KEY_SCOPES.find((one) => one === part);
    if (scope === undefined)
      throw lamError('LAM_CLI_USAGE', {
        what: `--scope takes ${KEY_SCOPES.join(', ')}, several with commas, not '${part}'`,
        command,
      });
    return scope;
  });
}

/** How long a flag lets a key last (ms), or null for ever. Throws `LAM_CLI_USAGE`. */
export function lifetimeOf(text: string, command: string): number | null {
  if (text === NEVER) return null;
  const [, count = '', unit = ''] = /^(\d{1,9})([smhdw])$/.exec(text) ?? [];
  const ms = Number(count) * (UNITS[unit] ?? Number.NaN);
  if (Number.isNaN(ms))
    throw lamError('LAM_CLI_USAGE', { what: `--expires takes a time such as 30d, or never, not '${text}'`, command });
  return ms;
}
