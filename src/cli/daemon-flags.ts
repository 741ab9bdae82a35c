import { Flags } from '@oclif/core';
import { CONFIG_BOUNDS } from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import type { DaemonSettings } from './fast/daemon-settings.ts';

/** The least that one sandbox takes. */
const [LEAST_MIB] = CONFIG_BOUNDS.memoryMiB;

/** Flags of the commands that start a daemon. */
export const DAEMON_FLAGS = {
  driver: Flags.option({ options: ['auto', 'docker', 'process'] as const, env: 'LAM_DRIVER' })({
    summary: 'What makes sandboxes; auto takes docker when an engine answers, else process.',
  }),
  host: Flags.string({
    summary: 'Address the HTTP port listens on; beyond loopback LAM_TOKEN must be set.',
    helpValue: 'ADDRESS',
    env: 'LAM_HOST',
  }),
  memory: Flags.string({
    summary: 'What the memory limits of all sandboxes together may come to, MiB (default 80 % of the machine).',
    helpValue: 'MIB',
    env: 'LAM_MEMORY',
  }),
};

/** What `--memory` or `LAM_MEMORY` (`from`) says, MiB. Throws `LAM_CLI_BAD_MEMORY`. */
export function memoryOf(text: string, from: string): number {
  const memoryMiB = Number(text);
  if (/^[0-9]{1,9}$/.test(text) && memoryMiB >= LEAST_MIB) return memoryMiB;
  throw lamError('LAM_CLI_BAD_MEMORY', { text, from, leastMiB: LEAST_MIB });
}

/** The settings with what the flags say instead. */
export function withDaemonFlags(
  settings: DaemonSettings,
  flags: {
    readonly driver?: DaemonSettings['driver'] | undefined;
    readonly host?: string | undefined;
    readonly memory?: string | undefined;
  },
): DaemonSettings {
  return {
    ...settings,
    ...(flags.driver === undefined ? {} : { driver: flags.driver }),
    ...(flags.host === undefined ? {} : { host: flags.host }),
    ...(flags.memory === undefined ? {} : { memoryMiB: memoryOf(flags.memory, '--memory') }),
  };
}
