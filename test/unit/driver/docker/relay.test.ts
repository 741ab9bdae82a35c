import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Relay } from '../../../../src/driver/docker/container/relay.ts';
import { CODE, FROM_RELAY, relayHeader, relayMessage, RelayReader, TO_RELAY } from '../../../../src/executor/index.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

const TO = { via: 'TCP', host: 'sandbox', port: 4243 } as const;

interface Told {
  readonly kind: number;
  readonly message: Record<string, unknown>;
  readonly after: string;
}

/** A relay's socket, and the other end of its channel, which a test plays. */
class Channel implements AsyncDisposable {
  readonly relay: Relay;
  readonly clock: VirtualClock;
  readonly socket: Socket;
  readonly path: string;
  readonly printed: string[] = [];
  readonly #folder: string;
  readonly #told: Told[] = [];

  private constructor(parts: Pick<Channel, 'relay' | 'clock' | 'socket' | 'path'> & { readonly folder: string }) {
    this.relay = parts.relay;
    this.clock = parts.clock;
    this.socket = parts.socket;
    this.path = parts.path;
    this.#folder = parts.folder;
    const reader = new RelayReader({
      longest: 1 << 24,
      isOutput: () => false,
      piece: () => undefined,
      message: (kind, text, after) => {
        this.#told.push({ kind, message: JSON.parse(text), after: after.toString() });
        this.socket.emit('told');
      },
      garbage: assert.fail,
    });
    this.socket.on('data', (chunk: Buffer) => reader.push(chunk));
    this.socket.on('error', () => undefined);
    for (const printer of ['code', 'extension'] as const) {
      const take = (stream: string, chunk: Uint8Array): void =>
        void this.printed.push(`${printer} ${stream} ${Buffer.from(chunk).toString()}`);
      this.relay.onOutput = { ...this.relay.onOutput, [printer]: take } as NonNullable<Relay['onOutput']>;
    }
  }

  static async open(): Promise<Channel> {
    const folder = await mkdtemp(join(tmpdir(), 'lam-relay-'));
    const path = join(folder, 'relay.sock');
    const clock = new VirtualClock();
    const relay = await Relay.listen(path, clock);
    const socket = connect(path);
    await once(socket, 'connect');
    return new Channel({ relay, clock, socket, path, folder });
  }

  /** The next message of the daemon. */
  async told(): Promise<Told> {
    while (this.#told.length === 0) await once(this.socket, 'told');
    return this.#told.shift() as Told;
  }

  ready(extensions: unknown): Promise<readonly string[]> {
    this.socket.write(relayMessage(FROM_RELAY.ready, { extensions }));
    return this.relay.ready;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    this.relay.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

describe('the channel to a relay', () => {
  test('starts programs, passes on what they print, and says how they ended', async () => {
    await using channel = await Channel.open();
    assert.deepEqual(await channel.ready(['b', 'a']), ['a', 'b']);
    const launch = { command: ['/opt/extensions/a'], cwd: '/', environment: { OWN: 'yes', GONE: null } };
    const extension = channel.relay.start(launch, 'extension');
    const code = channel.relay.start({ ...launch, command: ['/var/task/bootstrap'] }, 'code');
    assert.deepEqual((await channel.told()).message, { ...launch, program: 1, output: 'extension' });
    assert.equal((await channel.told()).message['program'], CODE);
    extension.kill('SIGKILL');
    assert.deepEqual(await channel.told(), {
      kind: TO_RELAY.signal,
      message: { program: 1, signal: 'SIGKILL' },
      after: '',
    });
    channel.socket.write(Buffer.concat([relayHeader(FROM_RELAY.stderr, 4), Buffer.from('oops')]));
    channel.socket.write(Buffer.concat([relayHeader(FROM_RELAY.extensionStdout, 2), Buffer.from('hi')]));
    const end = { code: null, signal: 'SIGKILL', memoryKills: 1 };
    channel.socket.write(relayMessage(FROM_RELAY.ended, { program: 1, ...end }));
    assert.deepEqual(await extension.ended, end);
    assert.deepEqual(channel.printed, ['code stderr oops', 'extension stdout hi']);
    channel.socket.destroy();
    assert.deepEqual(await code.ended, { code: null, signal: null, memoryKills: 0 });
    await channel.relay.gone;
    assert.deepEqual(await channel.relay.start(launch, 'code').ended, { code: null, signal: null, memoryKills: 0 });
  });

  test('brings telemetry and learns whether it was taken', async () => {
    await using channel = await Channel.open();
    await channel.ready([]);
    const [taken, refused, late] = ['1', '2', '3'].map((text) => channel.relay.deliver(TO, Buffer.from(text)));
    const asked = [await channel.told(), await channel.told(), await channel.told()];
    assert.deepEqual(
      asked.map(({ after }) => after),
      ['1', '2', '3'],
    );
    assert.deepEqual(asked[0]?.message, { delivery: 1, to: TO });
    for (const [delivery, isTaken] of [
      [2, false],
      [1, true],
    ] as const)
      channel.socket.write(relayMessage(FROM_RELAY.delivered, { delivery, isTaken }));
    assert.deepEqual([await taken, await refused], [true, false]);
    await channel.clock.advance(6000);
    assert.equal(await late, false);
    const lost = channel.relay.deliver(TO, Buffer.from('4'));
    channel.socket.destroy();
    assert.equal(await lost, false);
    assert.equal(await channel.relay.deliver(TO, Buffer.from('5')), false);
  });

  test('keeps little for a relay that does not read', async () => {
    await using channel = await Channel.open();
    await channel.ready([]);
    channel.socket.pause();
    const batch = Buffer.alloc(1024 * 1024);
    const deliveries = Array.from({ length: 16 }, () => channel.relay.deliver(TO, batch));
    assert.equal(await deliveries.at(-1), false);
    channel.socket.destroy();
    await Promise.all(deliveries);
  });

  test('ignores what no relay says, and closes on a message that is too long', async () => {
    await using channel = await Channel.open();
    const names = [1, '', '../up', 'x'.repeat(256), ...Array.from({ length: 100 }, (_, i) => `e${100 + i}`)];
    channel.socket.write(Buffer.concat([relayHeader(FROM_RELAY.ended, 4), Buffer.from('null')]));
    channel.socket.write(Buffer.concat([relayHeader(FROM_RELAY.delivered, 1), Buffer.from('{')]));
    // `Number()` throws for such objects, and for deep lists.
    const odd = { toString: 1, valueOf: 1 };
    const deep = Buffer.from(`{"delivery":${'['.repeat(30_000)}${']'.repeat(30_000)}}`);
    channel.socket.write(relayMessage(FROM_RELAY.ended, { program: odd }));
    channel.socket.write(relayMessage(FROM_RELAY.delivered, { delivery: odd }));
    channel.socket.write(Buffer.concat([relayHeader(FROM_RELAY.delivered, deep.length), deep]));
    channel.socket.write(relayMessage(99, {}));
    channel.socket.write(relayMessage(FROM_RELAY.ended, { program: 7, code: 'x' }));
    const found = await channel.ready(names);
    assert.deepEqual([found.length, found[0]], [32, 'e100']);
    channel.socket.write(relayHeader(FROM_RELAY.ready, 0xffffffff));
    await channel.relay.gone;
  });

  test('is that of the first connection alone', async () => {
    await using channel = await Channel.open();
    const second = connect(channel.path);
    const [error] = await once(second, 'error');
    assert.ok(['ENOENT', 'ECONNREFUSED'].includes(String(Reflect.get(Object(error), 'code'))));
  });
});
