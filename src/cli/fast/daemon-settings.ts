import { DRIVER_NAMES, type DriverName } from '../../contract/driver-name.ts';
import { DEFAULT_PORT } from '../../contract/home.ts';
import type { Env } from './terminal.ts';

/** Settings of a daemon; passed to the background process in an environment variable. */
export interface DaemonSettings {
  readonly home: string;
  readonly port: number;
  readonly portExplicit: boolean;
  readonly host: string;
  readonly driver: 'auto' | DriverName;
  /** Memory of all sandboxes together (MiB). */
  readonly memoryMiB?: number;
  readonly token?: string;
  /** Names under which the port may be asked, and whose pages may ask it, besides the machine's own; `*` for all. */
  readonly allowedHosts?: readonly string[];
}

/** Variable with the {@link DaemonSettings} as JSON for the process that `lam start` spawns. */
export const SETTINGS_VARIABLE = 'LAM_DAEMON_SETTINGS';

/**
 * The settings from flags (already resolved against the environment by the caller) and `LAM_HOST`, `LAM_DRIVER`,
 * `LAM_TOKEN`.
 */
export function daemonSettings(home: string, port: number | undefined, env: Env): DaemonSettings {
  const driver = env['LAM_DRIVER'];
  const token = env['LAM_TOKEN'];
  return {
    home,
    port: port ?? DEFAULT_PORT,
    portExplicit: port !== undefined,
    host: env['LAM_HOST'] ?? '127.0.0.1',
    driver: DRIVER_NAMES.find((name) => name === driver) ?? 'auto',
    ...(token === undefined || token === '' ? {} : { token }),
  };
}

/** The environment of a background daemon: the caller's, plus its settings. */
export function launchEnvironment(settings: DaemonSettings, env: Env): Record<string, string | undefined> {
  return { ...env, LAM_HOME: settings.home, [SETTINGS_VARIABLE]: JSON.stringify(settings) };
}
