import type { Server } from 'node:http';
import { sleep, type Clock } from '../kit/index.ts';

/** Polling interval while draining (ms): Node has no event for "all answered" that costs requests nothing. */
const STEP_MS = 10;
/** Time that clients get to read the last bytes (ms). */
const LAST_WORDS_MS = 1000;

/** Connections that follow logs; they stay open until the daemon ends them. */
export class Followers {
  readonly #ends: Set<() => void> = new Set();

  /** Number of followers connected now. */
  get count(): number {
    return this.#ends.size;
  }

  /** Registers a follower by the function that ends it; call the result when it disconnects by itself. */
  add(end: () => void): () => void {
    this.#ends.add(end);
    return () => void this.#ends.delete(end);
  }

  /** Ends all of them. */
  endAll(): void {
    for (const end of this.#ends) end();
  }
}

/** Options of {@link drain}. */
export interface DrainOptions {
  readonly servers: readonly Server[];
  readonly followers: Followers;
  /** Time limit of requests in flight (ms). */
  readonly limitMs: number;
  readonly clock: Clock;
  /**
   * Blocks further events of triggers and stops them within `limitMs`; invocations that they wait for may still run.
   */
  readonly stopTriggers: (limitMs: number) => Promise<void>;
  /**
   * Ends the sandboxes, after all requests are answered or the time limit has passed; running requests get `graceMs`
   * more.
   */
  readonly closePool: (graceMs: number) => Promise<void>;
}

/**
 * Stops accepting connections, waits for requests in flight, then ends the sandboxes, and last the followers of logs,
 * so that they receive all output. Never rejects.
 */
export async function drain(options: DrainOptions): Promise<void> {
  const { servers, followers, clock } = options;
  const until = clock.monotonic() + options.limitMs;
  const closed = Promise.all(servers.map(stopAccepting));
  const stopped = options.stopTriggers(options.limitMs);
  while (clock.monotonic() < until && (await connectionsOf(servers)) > followers.count) await sleep(STEP_MS);
  await stopped;
  await options.closePool(Math.max(0, until - clock.monotonic()));
  followers.endAll();
  const cut = clock.after(LAST_WORDS_MS, () => servers.forEach((server) => server.closeAllConnections()));
  await closed;
  cut();
}

function stopAccepting(server: Server): Promise<void> {
  return new Promise((resolve) => (server.listening ? server.close(() => resolve()) : resolve()));
}

/** Number of connections that wait for an answer, followers included. */
async function connectionsOf(servers: readonly Server[]): Promise<number> {
  let open = 0;
  for (const server of servers) {
    // An idle keep-alive connection waits for no answer.
    server.closeIdleConnections();
    open += await new Promise<number>((resolve) =>
      server.getConnections((error, count) => resolve(error === null ? count : 0)),
    );
  }
  return open;
}
