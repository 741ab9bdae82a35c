import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { pause } from '../lam/lam.ts';
import { cleanEnvironment, end } from '../processes.ts';
import { NotRun } from '../row.ts';

const SERVER = '/usr/sbin/nats-server';
/** Most unanswered publications at a time. */
const WINDOW = 500;
const LOOK_MS = 2;

/** A NATS server with JetStream, its stream, and a client. */
export interface NatsBench extends AsyncDisposable {
  readonly url: string;
  readonly client: NatsConnection;
  readonly manager: JetStreamManager;
  /** Stores messages; resolves when the server has. */
  fill(subject: string, count: number): Promise<void>;
  /** Resolves when the first of `count` messages was delivered to a consumer. */
  begun(consumer: string, count: number): Promise<void>;
  /** Resolves when a consumer has been acknowledged everything. */
  drained(consumer: string): Promise<void>;
}

/** Name of the stream, with the subjects `bench.*`. */
export const BENCH_STREAM = 'BENCH';

/** Starts a server below `folder`. Throws {@link NotRun} where none is installed. */
export async function startNats(folder: string): Promise<NatsBench> {
  if (!existsSync(SERVER)) throw new NotRun(`no ${SERVER}; install it: apt-get install nats-server`);
  const child = spawn(SERVER, ['-a', '127.0.0.1', '-p', '-1', '-js', '-sd', folder], {
    env: cleanEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let output = '';
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`nats-server ended: ${output}`)));
      child.stderr.on('data', (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(-4000);
        const [, address] = /client connections on (\S+)/.exec(output) ?? [];
        if (address !== undefined && output.includes('Server is ready')) resolve(`nats://${address}`);
      });
    });
    const client = await connect({ servers: url });
    const manager = await jetstreamManager(client);
    await manager.streams.add({ name: BENCH_STREAM, subjects: ['bench.*'] });
    return {
      url,
      client,
      manager,
      fill: (subject, count) => fill(client, subject, count),
      begun: (consumer, count) => begun(manager, consumer, count),
      drained: (consumer) => drained(manager, consumer),
      async [Symbol.asyncDispose]() {
        await client.close();
        await end(child);
      },
    };
  } catch (error) {
    await end(child);
    throw error;
  }
}

async function fill(client: NatsConnection, subject: string, count: number): Promise<void> {
  const stream = jetstream(client);
  for (let sent = 0; sent < count; sent += WINDOW)
    await Promise.all(
      Array.from({ length: Math.min(WINDOW, count - sent) }, (_, n) => stream.publish(subject, `{"n":${sent + n}}`)),
    );
}

async function begun(manager: JetStreamManager, consumer: string, count: number): Promise<void> {
  while ((await manager.consumers.info(BENCH_STREAM, consumer)).num_pending === count) await pause(LOOK_MS);
}

async function drained(manager: JetStreamManager, consumer: string): Promise<void> {
  for (;;) {
    const { num_pending, num_ack_pending } = await manager.consumers.info(BENCH_STREAM, consumer);
    if (num_pending === 0 && num_ack_pending === 0) return;
    await pause(LOOK_MS);
  }
}
