import type { FlagSettings } from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';
import { parsePairs } from './environment.ts';

/** Flags of `lam deploy` that win over all other settings. */
export interface DeployFlags {
  readonly env?: readonly string[] | undefined;
  readonly memory?: number | undefined;
  /** Seconds, fractions allowed. */
  readonly timeout?: string | undefined;
  readonly runtime?: string | undefined;
  readonly handler?: string | undefined;
}

/** Converts flags to settings; the daemon checks bounds. Throws `LAM_CLI_BAD_ENVIRONMENT`, `LAM_CLI_BAD_SETTING`. */
export function flagSettings(flags: DeployFlags): FlagSettings {
  return {
    ...(flags.env === undefined ? {} : { environment: parsePairs(flags.env) }),
    ...(flags.memory === undefined ? {} : { memoryMiB: flags.memory }),
    ...(flags.timeout === undefined ? {} : { timeoutMs: seconds(flags.timeout) }),
    ...(flags.runtime === undefined ? {} : { runtime: flags.runtime }),
    ...(flags.handler === undefined ? {} : { handler: flags.handler }),
  };
}

/** Adds variables of files; those of flags take precedence. */
export function withVariables(given: FlagSettings, variables: Record<string, string> | undefined): FlagSettings {
  return variables === undefined ? given : { ...given, environment: { ...variables, ...given.environment } };
}

function seconds(text: string): number {
  const digits = text.replace(/s$/, '');
  const value = Number(digits);
  if (digits.trim() === '' || !Number.isFinite(value))
    throw lamError('LAM_CLI_BAD_SETTING', {
      text: `timeout=${text}`,
      what: `--timeout: '${text}' is not a number of seconds`,
      example: '--timeout 3',
    });
  return Math.round(value * 1000);
}
