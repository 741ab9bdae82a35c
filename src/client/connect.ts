import { dirname } from 'node:path';
import { isOwnSocket, socketPath, type Status } from '../contract/index.ts';
import { isLamError, lamError } from '../errors/index.ts';
import { sleep } from '../kit/clock.ts';
import { LamClient } from './lam-client.ts';
import { startDaemon, type DaemonLaunch } from './start-daemon.ts';

/** Options of {@link connect}. */
export interface ConnectOptions {
  readonly home: string;
  /** Version of this lam. */
  readonly version: string;
  /** How to start a daemon when none runs; null to fail instead. */
  readonly launch: Omit<DaemonLaunch, 'home'> | null;
  /** Accepts a daemon of another version, as `lam stop`, `restart` and `status` do. */
  readonly anyVersion?: boolean;
}

/** A daemon that answered, and its status. */
export interface Connection {
  readonly client: LamClient;
  readonly status: Status;
  /** Whether this call started the daemon. */
  readonly started: boolean;
}

/** How long a start that lost a race keeps trying (ms). */
const RACE_MS = 15_000;
const RACE_STEP_MS = 20;
/** Attempts to reach the winner of the race before the next start. */
const RACE_STEPS = 25;

/**
 * Finds the daemon, or starts one. Rejects with `LAM_CLIENT_DAEMON_NOT_RUNNING` where it may not start one, with
 * `LAM_CLIENT_DAEMON_VERSION_MISMATCH`, or with the error that kept the daemon from starting.
 */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const socket = socketPath(options.home);
  if (!isOwnSocket(options.home)) throw lamError('LAM_CLIENT_SOCKET_FOLDER_FOREIGN', { folder: dirname(socket) });
  const client = new LamClient({ socketPath: socket, home: options.home });
  const found = await statusOrNone(client);
  if (found !== undefined) return { client, status: accept(found, options), started: false };
  if (options.launch === null) throw lamError('LAM_CLIENT_DAEMON_NOT_RUNNING', { home: options.home });
  return startOrJoin(client, { ...options.launch, home: options.home }, options);
}

/**
 * Starts a daemon. When another one holds the home's lock, waits for its answer, and tries again in case it was
 * stopping.
 */
async function startOrJoin(client: LamClient, launch: DaemonLaunch, options: ConnectOptions): Promise<Connection> {
  const until = performance.now() + RACE_MS;
  for (;;) {
    try {
      return { client, status: await startDaemon(launch), started: true };
    } catch (error) {
      if (!isLamError(error) || error.code !== 'LAM_STORE_LOCKED' || performance.now() > until) throw error;
    }
    for (let step = 0; step < RACE_STEPS; step += 1) {
      const status = await statusOrNone(client);
      if (status !== undefined) return { client, status: accept(status, options), started: false };
      await sleep(RACE_STEP_MS);
    }
  }
}

/** The daemon's status, or undefined when none runs. */
async function statusOrNone(client: LamClient): Promise<Status | undefined> {
  try {
    return await client.daemon.status();
  } catch (error) {
    if (isLamError(error) && error.code === 'LAM_CLIENT_DAEMON_NOT_RUNNING') return undefined;
    throw error;
  }
}

function accept(status: Status, options: ConnectOptions): Status {
  if (status.version === options.version || options.anyVersion === true) return status;
  throw lamError('LAM_CLIENT_DAEMON_VERSION_MISMATCH', { daemon: status.version, cli: options.version });
}
