import { Flags } from '@oclif/core';
import type { DaemonSettings } from './fast/daemon-settings.ts';

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
};

/** The settings with what the flags say instead. */
export function withDaemonFlags(
  settings: DaemonSettings,
  flags: { readonly driver?: DaemonSettings['driver'] | undefined; readonly host?: string | undefined },
): DaemonSettings {
  return {
    ...settings,
    ...(flags.driver === undefined ? {} : { driver: flags.driver }),
    ...(flags.host === undefined ? {} : { host: flags.host }),
  };
}
