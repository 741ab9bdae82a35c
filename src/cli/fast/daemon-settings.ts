import { DRIVER_NAMES, type DriverName } from '../../contract/driver-name.ts';
import { ACCESS_LOG_FORMATS, type AccessLogFormat } from '../../contract/access-log.ts';
import type { AwsSettings } from '../../contract/arns.ts';
import type { OtherApiPort, ReplacedDaemon } from '../../contract/daemon-options.ts';
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
  /** Absent: no access log. */
  readonly accessLog?: AccessLogFormat;
  /** Port of its own for Glambdar's API, or `off`; absent: beside functions only. */
  readonly glambdar?: OtherApiPort;
  /** Port of Mini-Lambda's API; `off` or absent: it is not served. */
  readonly miniLambda?: OtherApiPort;
  /** Account, region and services of AWS; absent members as in {@link AwsSettings}. */
  readonly aws?: AwsSettings;
}

/** What a background process is to do: run a daemon, or only check that one could replace another. */
export interface DaemonTask {
  readonly settings: DaemonSettings;
  /** The daemon that is to be replaced; absent: runs. */
  readonly rehearseFor?: ReplacedDaemon;
}

/** Variable with the {@link DaemonTask} as JSON for the process that `lam start` spawns. */
export const SETTINGS_VARIABLE = 'LAM_DAEMON_SETTINGS';

/** Reads `8000` or `:8000`; undefined for any other text. Pure. */
function portOf(text: string): number | undefined {
  const port = /^:?([0-9]{1,5})$/.exec(text)?.[1];
  return port === undefined || Number(port) > 65_535 ? undefined : Number(port);
}

/** Reads the port of another product's API; undefined for what is neither `off` nor a port. Pure. */
export function otherApiPortOf(text: string): OtherApiPort | undefined {
  return text === 'off' ? 'off' : portOf(text);
}

/**
 * The settings from flags (already resolved against the environment by the caller) and `LAM_HOST`, `LAM_DRIVER`,
 * `LAM_TOKEN`, `LAM_ACCESS_LOG`, `LAM_GLAMBDAR`, `LAM_MINI_LAMBDA`.
 */
export function daemonSettings(home: string, port: number | undefined, env: Env): DaemonSettings {
  const driver = env['LAM_DRIVER'];
  const token = env['LAM_TOKEN'];
  const accessLog = ACCESS_LOG_FORMATS.find((format) => format === env['LAM_ACCESS_LOG']);
  const glambdar = otherApiPortOf(env['LAM_GLAMBDAR'] ?? '');
  const miniLambda = otherApiPortOf(env['LAM_MINI_LAMBDA'] ?? '');
  return {
    home,
    port: port ?? DEFAULT_PORT,
    portExplicit: port !== undefined,
    host: env['LAM_HOST'] ?? '127.0.0.1',
    driver: DRIVER_NAMES.find((name) => name === driver) ?? 'auto',
    ...(token === undefined || token === '' ? {} : { token }),
    ...(accessLog === undefined ? {} : { accessLog }),
    ...(glambdar === undefined ? {} : { glambdar }),
    ...(miniLambda === undefined ? {} : { miniLambda }),
  };
}

/** The environment of a background process: the caller's, plus its task. */
export function launchEnvironment(task: DaemonTask, env: Env): Record<string, string | undefined> {
  return { ...env, LAM_HOME: task.settings.home, [SETTINGS_VARIABLE]: JSON.stringify(task) };
}
