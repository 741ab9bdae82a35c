import { Flags } from '@oclif/core';
import { CONFIG_BOUNDS } from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import type { DaemonSettings } from './fast/daemon-settings.ts';

/** Smallest memory limit of a sandbox (MiB). */
const [LEAST_MIB] = CONFIG_BOUNDS.memoryMiB;

/** Flags of the commands that start a daemon. */
export const DAEMON_FLAGS = {
  driver: Flags.option({ options: ['auto', 'docker', 'process'] as const, env: 'LAM_DRIVER' })({
    summary: 'Driver that makes sandboxes; auto uses docker if an engine answers, otherwise process.',
  }),
  host: Flags.string({
    summary: 'Address to listen on for HTTP; any other than loopback requires LAM_TOKEN.',
    helpValue: 'ADDRESS',
    env: 'LAM_HOST',
  }),
  memory: Flags.string({
    summary: 'Upper limit of the memory of all sandboxes together, MiB (default 80 % of the machine).',
    helpValue: 'MIB',
    env: 'LAM_MEMORY',
  }),
};

/** Parses the value of `--memory` or `LAM_MEMORY`, which `from` names (MiB). Throws `LAM_CLI_BAD_MEMORY`. */
export function memoryOf(text: string, from: string): number {
  const memoryMiB = Number(text);
  if (/^[0-9]{1,9}$/.test(text) && memoryMiB >= LEAST_MIB) return memoryMiB;
  throw lamError('LAM_CLI_BAD_MEMORY', { text, from, leastMiB: LEAST_MIB });
}

/** The settings, with those given as flags replaced. */
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
