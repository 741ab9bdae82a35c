import type { Server } from 'node:http';
import { sleep, type Clock } from '../kit/index.ts';

/** How often a stop looks whether all was answered, ms. Node has no event for it that costs requests nothing. */
const STEP_MS = 10;
/** How long what is written last may take to be read, ms. */
const LAST_WORDS_MS = 1000;

/** Those who follow logs: they stay connected until the daemon ends them. */
export class Followers {
  readonly #ends: Set<() => void> = new Set();

  /** Followers connected now. */
  get count(): number {
    return this.#ends.size;
  }

  /** Notes how to end one; call what it returns once it has gone by itself. */
  add(end: () => void): () => void {
    this.#ends.add(end);
    return () => void this.#ends.delete(end);
  }

  endAll(): void {
    for (const end of this.#ends) end();
  }
}

export interface DrainParts {
  readonly servers: readonly Server[];
  readonly followers: Followers;
  /** How long requests that are under way may go on, ms. */
  readonly limitMs: number;
  readonly clock: Clock;
  /** Lets triggers fire nothing more and stops them, within `limitMs`; invocations that they wait for still run. */
  readonly stopTriggers: (limitMs: number) => Promise<void>;
  /** Ends the sandboxes, once all is answered or the time is up; `graceMs` is left for those that still run. */
  readonly closePool: (graceMs: number) => Promise<void>;
}

/**
 * Takes no new connection, lets what is under way be answered, ends the sandboxes, then the followers of logs, who so
 * get to read all that was printed. Never rejects.
 */
export async function drain(parts: DrainParts): Promise<void> {
  const { servers, followers, clock } = parts;
  const until = clock.monotonic() + parts.limitMs;
  const closed = Promise.all(servers.map(stopAccepting));
  const stopped = parts.stopTriggers(parts.limitMs);
  while (clock.monotonic() < until && (await connectionsOf(servers)) > followers.count) await sleep(STEP_MS);
  await stopped;
  await parts.closePool(Math.max(0, until - clock.monotonic()));
  followers.endAll();
  const cut = clock.after(LAST_WORDS_MS, () => servers.forEach((server) => server.closeAllConnections()));
  await closed;
  cut();
}

function stopAccepting(server: Server): Promise<void> {
  return new Promise((resolve) => (server.listening ? server.close(() => resolve()) : resolve()));
}

/** Connections that wait for an answer, followers among them. */
async function connectionsOf(servers: readonly Server[]): Promise<number> {
  let open = 0;
  for (const server of servers) {
    // One that was kept alive after its answer waits for nothing.
    server.closeIdleConnections();
    open += await new Promise<number>((resolve) =>
      server.getConnections((error, count) => resolve(error === null ? count : 0)),
    );
  }
  return open;
}
