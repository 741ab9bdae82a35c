import { socketPath, type Status } from '../contract/index.ts';
import { isLamError, lamError } from '../errors/index.ts';
import { sleep } from '../kit/clock.ts';
import { createClient, type LamClient } from './client.ts';
import { startDaemon, type DaemonLaunch } from './start-daemon.ts';

/** How to get to the daemon of a home. */
export interface ConnectOptions {
  readonly home: string;
  /** lam's version on this side. */
  readonly version: string;
  /** How to start a daemon where none runs; null forbids it. */
  readonly launch: Omit<DaemonLaunch, 'home'> | null;
  /** A daemon of another version will do: for `lam stop`, `restart`, `status`. */
  readonly anyVersion?: boolean;
}

/** A daemon that answered, and what it said first. */
export interface Connection {
  readonly client: LamClient;
  readonly status: Status;
  /** It was started by this call. */
  readonly started: boolean;
}

/** How long a start that lost a race goes on trying, ms. */
const RACE_MS = 15_000;
const RACE_STEP_MS = 20;
/** Looks for the winner before the next attempt to start. */
const RACE_STEPS = 25;

/**
 * Finds the daemon, or starts one. Rejects with `LAM_CLIENT_DAEMON_NOT_RUNNING` where it may not start one, with
 * `LAM_CLIENT_DAEMON_VERSION_MISMATCH`, or with what the daemon said instead of starting.
 */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const client = createClient(socketPath(options.home), options.home);
  const found = await statusOrNone(client);
  if (found !== undefined) return { client, status: accept(found, options), started: false };
  if (options.launch === null) throw lamError('LAM_CLIENT_DAEMON_NOT_RUNNING', { home: options.home });
  return startOrJoin(client, { ...options.launch, home: options.home }, options);
}

/**
 * Starts a daemon; where somebody else holds the home's lock, waits for that one to answer, and tries again in case
 * it was on its way out.
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

/** What the daemon says of itself, or undefined when none runs. */
async function statusOrNone(client: LamClient): Promise<Status | undefined> {
  try {
    return await client.status();
  } catch (error) {
    if (isLamError(error) && error.code === 'LAM_CLIENT_DAEMON_NOT_RUNNING') return undefined;
    throw error;
  }
}

function accept(status: Status, options: ConnectOptions): Status {
  if (status.version === options.version || options.anyVersion === true) return status;
  throw lamError('LAM_CLIENT_DAEMON_VERSION_MISMATCH', { daemon: status.version, cli: options.version });
}
