import { connect, createServer, type Socket } from 'node:net';
import { CALLS, MOST_CALL_CONNECTIONS } from '../../executor/relay-frames.ts';

/**
 * Carries connections to the address for calls in this container to the daemon, which serves them on a Unix socket, and
 * parses nothing. Never keeps the process alive. A program that has the port already is left alone.
 */
export function carryCalls(socketPath: string): void {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const daemon = connect({ path: socketPath, allowHalfOpen: true });
    join(client, daemon);
    join(daemon, client);
  });
  server.maxConnections = MOST_CALL_CONNECTIONS;
  server.on('error', () => undefined);
  server.listen(CALLS.port, CALLS.host).unref();
}

/** Passes on what arrives, and the end; what has arrived is sent before the other side is closed. */
function join(from: Socket, to: Socket): void {
  from.unref();
  from.on('error', () => undefined);
  from.on('close', () => {
    if (from.readableEnded) to.destroySoon();
    else to.destroy();
  });
  from.pipe(to);
}
