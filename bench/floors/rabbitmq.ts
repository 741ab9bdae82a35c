import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { pause } from '../lam/lam.ts';
import { cleanEnvironment } from '../processes.ts';
import { NotRun } from '../row.ts';

/** Not the one in /usr/sbin, which changes to the user `rabbitmq`. */
const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server';
/** Longest time until it accepts connections (ms). */
const START_MS = 60_000;
const LOOK_MS = 2;
const FIRST_LOOK_MS = 200;

/** A RabbitMQ server, and a client. */
export interface RabbitmqBench extends AsyncDisposable {
  readonly url: string;
  readonly client: ChannelModel;
  /** Stores messages in a durable queue; resolves when the server has. */
  fill(queue: string, count: number): Promise<void>;
  /** Resolves when no more than `count` messages of a queue wait to be delivered. */
  downTo(queue: string, count: number): Promise<void>;
}

/** Starts a server below `folder`. Throws {@link NotRun} where none is installed. */
export async function startRabbitmq(folder: string): Promise<RabbitmqBench> {
  if (!existsSync(SERVER)) throw new NotRun(`no ${SERVER}; install it: apt-get install rabbitmq-server`);
  const base = await mkdtemp(join(folder, 'rabbitmq-'));
  const [port, distribution, names] = [await freePort(), await freePort(), await freePort()];
  const ofNames = { ERL_EPMD_PORT: String(names), ERL_EPMD_ADDRESS: '127.0.0.1' };
  await writeFile(join(base, 'plugins'), '[].\n');
  await writeFile(join(base, 'rabbitmq.conf'), 'log.console = false\nlog.file = false\n');
  const child = spawn(SERVER, [], {
    env: cleanEnvironment({
      HOME: base,
      ...ofNames,
      RABBITMQ_NODENAME: `lam${port}@localhost`,
      RABBITMQ_NODE_PORT: String(port),
      RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
      RABBITMQ_DIST_PORT: String(distribution),
      RABBITMQ_MNESIA_BASE: base,
      RABBITMQ_LOG_BASE: base,
      RABBITMQ_ENABLED_PLUGINS_FILE: join(base, 'plugins'),
      RABBITMQ_CONFIG_FILE: join(base, 'rabbitmq.conf'),
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+sbwt none',
    }),
    stdio: 'ignore',
    // The command starts other processes.
    detached: true,
  });
  const stop = async (): Promise<void> => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    if (child.pid !== undefined && child.exitCode === null) {
      process.kill(-child.pid, 'SIGKILL');
      await ended;
    }
    // Erlang's name server outlives the node, and does not end before it has noticed that the node has.
    const epmd = (): boolean => spawnSync('epmd', ['-kill'], { env: { ...process.env, ...ofNames } }).status === 0;
    for (let looks = 0; looks < 50 && !epmd(); looks++) await pause(FIRST_LOOK_MS / 2);
  };
  try {
    const url = `amqp://127.0.0.1:${port}`;
    const client = await connected(url, () => child.exitCode === null);
    const channel = await client.createConfirmChannel();
    return {
      url,
      client,
      fill: (queue, count) => fill(channel, queue, count),
      async downTo(queue, count) {
        while ((await channel.checkQueue(queue)).messageCount > count) await pause(LOOK_MS);
      },
      async [Symbol.asyncDispose]() {
        await client.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function connected(url: string, isRunning: () => boolean): Promise<ChannelModel> {
  const until = performance.now() + START_MS;
  for (;;) {
    try {
      return await connect(url);
    } catch (error) {
      if (!isRunning() || performance.now() > until) throw error;
      await pause(FIRST_LOOK_MS);
    }
  }
}

async function fill(channel: ConfirmChannel, queue: string, count: number): Promise<void> {
  await channel.assertQueue(queue, { durable: true });
  for (let n = 0; n < count; n++) channel.sendToQueue(queue, Buffer.from(`{"n":${n}}`), { persistent: true });
  await channel.waitForConfirms();
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
