import { Redis } from 'ioredis';

/** Longest time to connect (ms). */
const CONNECT_MS = 10_000;

/** The last error of each client: its `end` event does not say why. */
const lastErrors = new WeakMap<Redis, unknown>();

/** Makes a client that is not connected yet, and connects once only. `name` is shown by the server. */
export function clientOf(url: string, name: string): Redis {
  const client = new Redis(url, {
    lazyConnect: true,
    // All versions of Redis and Valkey answer in the same form.
    protocol: 2,
    connectTimeout: CONNECT_MS,
    connectionName: name,
    // Who uses it connects again.
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    // Longer than a read waits: a server that does not answer is lost.
    commandTimeout: 20_000,
  });
  client.on('error', (error) => lastErrors.set(client, error));
  return client;
}

/** The last error of a client that {@link clientOf} made, or undefined. */
export function lastErrorOf(client: Redis): unknown {
  return lastErrors.get(client);
}
