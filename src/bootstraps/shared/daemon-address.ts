import { writeSync } from 'node:fs';

/** Where a client finds the daemon, and what it identifies itself by. */
export interface DaemonAddress {
  /** Path of a Unix socket, or `host:port`. */
  readonly address: string;
  readonly token: string;
  /** Path of the Unix socket for calls of other functions, where this process is to carry them. */
  readonly calls: string | undefined;
}

/**
 * Reads the address from `LAM_SOCKET`, `LAM_TOKEN` and `LAM_CALLS_SOCKET`, and deletes the variables of this process that match `own`. Without
 * an address it says so and exits with 1.
 */
export function takeDaemonAddress(own: RegExp): DaemonAddress {
  const { LAM_SOCKET: address, LAM_TOKEN: token, LAM_CALLS_SOCKET: calls } = process.env;
  for (const name of Object.keys(process.env)) if (own.test(name)) delete process.env[name];
  if (address === undefined || token === undefined) {
    writeSync(2, 'lam bootstrap: LAM_SOCKET and LAM_TOKEN are not set; it is started by the daemon, not by hand\n');
    process.exit(1);
  }
  return { address, token, calls };
}
