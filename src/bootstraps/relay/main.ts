import { readdirSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import {
  CODE,
  FROM_RELAY,
  RELAY,
  RELAY_ADDRESS,
  TO_RELAY,
  type RelayDelivered,
  type RelayDelivery,
  type RelayReady,
  type RelaySignal,
  type RelayStart,
} from '../../executor/relay-frames.ts';
import { carryCalls } from '../shared/carry-calls.ts';
import { DaemonChannel } from './daemon-channel.ts';
import { Programs } from './programs.ts';

/**
 * Runs first in a container whose code speaks the Runtime API or has extensions: serves the API, which the daemon provides
 * on the Unix socket `LAM_API_SOCKET`, at the TCP address that clients expect, and starts what the daemon tells it to on
 * `LAM_RELAY_SOCKET`. What the programs print goes there too, always before the bytes of requests that follow it. Brings
 * telemetry to listeners in the container, and carries calls of other functions to `LAM_CALLS_SOCKET`. Without extensions it exits with the code's status. It copies the bytes of
 * the API, parses no HTTP of clients, and needs only the loopback network.
 */
const EXTENSIONS = '/opt/extensions';

function relay(client: Socket, socketPath: string, channel: DaemonChannel): void {
  const daemon = connect({ path: socketPath, allowHalfOpen: true });
  daemon.pipe(client);
  client.on('data', (chunk) => {
    channel.afterPrinted(() => {
      if (daemon.destroyed || daemon.write(chunk)) return;
      client.pause();
      daemon.once('drain', () => client.resume());
    });
  });
  client.on('end', () => channel.afterPrinted(() => daemon.end()));
  client.on('error', () => undefined);
  client.on('close', () => channel.afterPrinted(() => daemon.destroy()));
  daemon.on('error', () => undefined);
  daemon.on('close', () => client.destroy());
}

/** Names of the external extensions in this container. */
function extensions(): readonly string[] {
  try {
    return readdirSync(EXTENSIONS, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    // There is no such folder.
    return [];
  }
}

async function deliver(channel: DaemonChannel, { delivery, to }: RelayDelivery, batch: Buffer): Promise<void> {
  // Loaded late: most functions have no subscribers.
  const { telemetryTo } = await import('../../executor/runtime-api/telemetry/deliver.ts');
  const delivered: RelayDelivered = { delivery, isTaken: await telemetryTo(RELAY.host)(to, batch) };
  channel.send(FROM_RELAY.delivered, delivered);
}

function main(): void {
  const socketPath = process.env['LAM_API_SOCKET'] ?? '';
  const socket = connect({ path: process.env['LAM_RELAY_SOCKET'] ?? '' });
  const channel: DaemonChannel = new DaemonChannel(socket, (kind, text, after) => {
    const message: unknown = JSON.parse(text);
    if (kind === TO_RELAY.start) programs.start(message as RelayStart);
    else if (kind === TO_RELAY.signal) programs.signal(message as RelaySignal);
    else void deliver(channel, message as RelayDelivery, after);
  });
  const programs = new Programs(channel);
  // The daemon has ended.
  socket.once('close', () => process.exit(0));
  process.on('SIGTERM', () => programs.signal({ program: CODE, signal: 'SIGTERM' }));
  const calls = process.env['LAM_CALLS_SOCKET'];
  if (calls !== undefined) carryCalls(calls);
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => relay(client, socketPath, channel));
  server.on('error', (error) => {
    process.stderr.write(`cannot listen on ${RELAY_ADDRESS}: ${error.message}\n`);
    process.exit(1);
  });
  server.listen(RELAY.port, RELAY.host, () => {
    const ready: RelayReady = { extensions: extensions() };
    channel.send(FROM_RELAY.ready, ready);
  });
}

main();
