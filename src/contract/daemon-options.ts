import type { WireError } from '../errors/index.ts';
import type { Status } from './control-api.ts';

/** Files of lam that must be real files; absolute paths. */
export interface AssetPaths {
  /** What runs inside sandboxes: the clients that runtimes' descriptors name, and `relay.cjs`. */
  readonly folder: string;
  readonly logWorker: string;
}

/** Everything the daemon is told at its start. */
export interface DaemonOptions {
  readonly home: string;
  readonly port: number;
  readonly host: string;
  readonly driver: 'auto' | 'docker' | 'process';
  /** What the memory limits of all sandboxes together may come to, MiB; by default most of what the machine has. */
  readonly memoryMiB?: number;
  readonly token?: string;
  /** `lam serve`: a person or a supervisor watches; logs go to stderr. */
  readonly foreground: boolean;
  /** The port was asked for by flag or environment, so no other will do. */
  readonly portExplicit: boolean;
  readonly assets: AssetPaths;
  readonly version: string;
  /** Program and first arguments that run a Node program, whose path follows. */
  readonly nodeCommand: readonly string[];
  /** Called once, when requests are accepted. */
  onReady(status: Status): void;
}

/** What a daemon that was started in the background writes to its file descriptor 3, as one line of JSON. */
export type StartReport =
  | { readonly ok: true; readonly status: Status }
  | { readonly ok: false; readonly error: WireError };
