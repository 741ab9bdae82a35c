import { connect } from 'node:net';
import { Broker, withoutProgram } from './broker.ts';

const SERVER = '/usr/bin/redis-server';

/** Why tests against Redis are skipped; false where it is installed. */
export const NO_REDIS = withoutProgram(SERVER, 'redis-server');

/** Password of the servers that {@link startRedis} starts. */
export const REDIS_PASSWORD = 's3cret/pass';

/** Starts Redis with a password; each write is on disk before it is answered. */
export function startRedis(): Promise<Broker> {
  return Broker.start({
    command: (folder, port) => [
      ...[SERVER, '--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''],
      ...['--appendonly', 'yes', '--appendfsync', 'always', '--requirepass', REDIS_PASSWORD],
    ],
    // Loads its data first, and then answers that it wants a password.
    ready: (port) => answers(port, 'PING\r\n', 'NOAUTH'),
  });
}

/** Resolves if a server answers a line with a text that contains `expected`. */
function answers(port: number, line: string, expected: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(line));
    socket.once('error', reject);
    socket.once('data', (data) => {
      socket.destroy();
      if (data.toString().includes(expected)) resolve();
      else reject(new Error(data.toString()));
    });
  });
}
