import { createCallsEdge, type CallsEdgeOptions } from '../edge/index.ts';
import type { SandboxDriver } from '../driver/index.ts';
import { listenOnPort } from './listen.ts';
import type { CallRights } from './call-rights.ts';

/** The server by which functions call others. */
export interface CallServer {
  /** Has the driver carry calls, if it can. Rejects with `LAM_DAEMON_LISTEN_FAILED`. */
  start(): Promise<void>;
  /** Closes it, with all connections. */
  close(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';

/** Creates the server for the calls of a driver's sandboxes. It is apart from the port, and serves nothing but calls. */
export function serveCalls(
  options: Omit<CallsEdgeOptions, 'callers'>,
  rights: CallRights,
  driver: SandboxDriver,
): CallServer {
  const server = createCallsEdge({ ...options, callers: rights });
  return {
    async start() {
      rights.url = await driver.carryCalls?.({
        listen: async () => `http://${LOOPBACK}:${await listenOnPort(server, LOOPBACK, 0)}`,
        accept: (connection) => server.adopt(connection),
      });
    },
    close() {
      server.closeAllConnections();
      // Also called back if it never listened.
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
