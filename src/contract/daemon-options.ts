import type { AccessLogFormat } from './access-log.ts';
import type { AwsSettings } from './arns.ts';
import type { WireError } from '../errors/index.ts';
import type { Status } from './control-api.ts';
import type { DriverName } from './driver-name.ts';

/** A port for the API of another product (0: any free one), or `off`. */
export type OtherApiPort = 'off' | number;

/** Files of lam that must exist on disk (absolute paths). */
export interface AssetPaths {
  /** Programs that run inside sandboxes: the clients that runtime descriptors name, and `relay.cjs`. */
  readonly folder: string;
  readonly logWorker: string;
  readonly queueWorker: string;
}

/** Start options of the daemon. */
export interface DaemonOptions {
  readonly home: string;
  readonly port: number;
  readonly host: string;
  readonly driver: 'auto' | DriverName;
  /** Upper bound on the sum of all sandboxes' memory limits (MiB); by default most of the machine's memory. */
  readonly memoryMiB?: number;
  readonly token?: string;
  /** Names under which the port may be asked, and whose pages may ask it, besides the machine's own; `*` for all. */
  readonly allowedHosts?: readonly string[];
  /** Absent: no access log. */
  readonly accessLog?: AccessLogFormat;
  /** Port of its own for Glambdar's API, or `off`; absent: beside functions only. */
  readonly glambdar?: OtherApiPort;
  /** Port of Mini-Lambda's API (0: any free one); `off` or absent: it is not served. */
  readonly miniLambda?: OtherApiPort;
  /** Account, region and services of AWS. */
  readonly aws?: AwsSettings;
  /** Whether it runs in the foreground (`lam serve`): logs go to stderr. */
  readonly foreground: boolean;
  /** Whether a flag or the environment sets the port, so that no other one may be used. */
  readonly portExplicit: boolean;
  readonly assets: AssetPaths;
  readonly version: string;
  /** As in {@link Status.build}. */
  readonly build?: string | undefined;
  /** Command that runs a Node program; the program's path is appended. */
  readonly nodeCommand: readonly string[];
  /** Called once, as soon as requests are accepted. */
  onReady(status: Status): void;
}

/** A daemon that runs and is to be replaced by another one of the same home. */
export interface ReplacedDaemon {
  readonly pid: number;
  readonly port: number;
}

/** Report that a background daemon writes to its file descriptor 3, as one line of JSON. */
export type StartReport =
  /** `status` is null where the start was only rehearsed. */
  { readonly ok: true; readonly status: Status | null } | { readonly ok: false; readonly error: WireError };
