import { chmod, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DaemonOptions } from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import { portOwner } from './port-owner.ts';

/** Listens on the control socket, replacing one that a dead daemon left. The caller holds the lock of the home. */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  await rm(path, { force: true });
  await listening(server, { path });
  await chmod(path, 0o600);
}

/**
 * Listens on `host:port` (0: any free one) and returns the port. Throws `LAM_DAEMON_PORT_TAKEN`,
 * `LAM_DAEMON_LISTEN_FAILED`.
 */
export async function listenOnPort(server: Server, host: string, port: number): Promise<number> {
  try {
    await listening(server, { host, port });
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code ?? '';
    if (code === 'EADDRINUSE') {
      const owner = await portOwner(port);
      throw lamError('LAM_DAEMON_PORT_TAKEN', { port, ...owner }, thrown);
    }
    throw lamError('LAM_DAEMON_LISTEN_FAILED', { host, port, why: code }, thrown);
  }
  return (server.address() as AddressInfo).port;
}

function listening(server: Server, where: { path: string } | { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Throws `LAM_DAEMON_TOKEN_NEEDED` for an address that other machines reach, without a token. */
export function refuseOpenHost({ host, token }: Pick<DaemonOptions, 'host' | 'token'>): void {
  if (!isLoopbackAddress(host) && token === undefined) throw lamError('LAM_DAEMON_TOKEN_NEEDED', { host });
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/;

/** Whether only this machine can reach a listener on `host`. Pure. */
export function isLoopbackAddress(host: string): boolean {
  return LOOPBACK.test(host);
}
