import { connect } from 'node:net';
import { STREAMING } from '../lam/functions.ts';
import type { Lam } from '../lam/lam.ts';
import { requestBytes } from '../load/target.ts';
import type { Row, RowResult } from '../row.ts';
import type { Scene } from '../scene.ts';

const MIB = 1024 * 1024;
/** How long a body lasts (ms). */
const LASTS_MS = 2000;
/** Bodies at the same time, each from a sandbox of its own. */
const AT_ONCE = 4;
const LARGE_MIB = 150;

/** What came of one streamed answer (ms since the request, bytes with those of the head). */
interface Streamed {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly bytes: number;
}

/** Requests a streamed answer on a new connection, and waits for its end. */
function streamed(lam: Lam, name: string, event: unknown): Promise<Streamed> {
  const { host, port } = lam.target(name);
  return new Promise((resolve, reject) => {
    const socket = connect(port, host);
    let [began, firstMs, bytes] = [0, 0, 0];
    socket.once('connect', () => {
      began = performance.now();
      socket.write(requestBytes('POST', `/${name}`, JSON.stringify(event)));
    });
    let [head, tail] = ['', ''];
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (firstMs === 0) {
        head += chunk.toString('latin1');
        if (/\r\n\r\n[^]/.test(head)) firstMs = performance.now() - began;
      }
      tail = (tail + chunk.toString('latin1', Math.max(0, chunk.length - LAST_CHUNK.length))).slice(-LAST_CHUNK.length);
      if (firstMs === 0 || tail !== LAST_CHUNK) return;
      resolve({ firstMs, lastMs: performance.now() - began, bytes });
      socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error(`the answer of '${name}' ended after ${bytes} bytes`)));
  });
}

const LAST_CHUNK = '\r\n0\r\n\r\n';

const firstByte: Row = {
  id: 'stream-first-byte',
  group: 'streaming',
  measures: [
    {
      id: 'stream-first-byte',
      title: `first byte of a streamed body that lasts ${LASTS_MS / 1000} s, warm, p99`,
      unit: 'ms',
      basis: { kind: 'absolute', quantile: 0.99 },
      floorName: null,
      gate: { sense: '<=', value: 50, aim: 10 },
    },
  ],
  async run(scene: Scene): Promise<RowResult> {
    const lam = await scene.lam('process');
    await lam.deploy('streaming', STREAMING, { timeoutMs: 30_000 });
    const event = { pieces: 20, everyMs: LASTS_MS / 20 };
    const all = (): Promise<readonly Streamed[]> =>
      Promise.all(Array.from({ length: AT_ONCE }, () => streamed(lam, 'streaming', event)));
    await all();
    const seen: Streamed[] = [];
    for (let round = 0; round < scene.rounds(12); round++) seen.push(...(await all()));
    const shortest = Math.min(...seen.map(({ lastMs }) => lastMs));
    const notes = [`${AT_ONCE} at once, ${seen.length} in all; the shortest lasted ${shortest.toFixed(0)} ms`];
    return { findings: { 'stream-first-byte': { lam: seen.map(({ firstMs }) => firstMs), notes } } };
  },
};

const throughput: Row = {
  id: 'stream-throughput',
  group: 'streaming',
  measures: [
    {
      id: 'stream-throughput',
      title: `a streamed body of ${LARGE_MIB} MiB`,
      unit: 'MiB/s',
      basis: { kind: 'absolute', quantile: 0.5 },
      floorName: null,
      gate: { sense: '>=', value: 100, aim: 300 },
    },
  ],
  async run(scene: Scene): Promise<RowResult> {
    const lam = await scene.lam('process');
    await lam.deploy('streaming', STREAMING, { timeoutMs: 30_000 });
    await streamed(lam, 'streaming', { mib: 1 });
    const rates: number[] = [];
    for (let round = 0; round < scene.rounds(5); round++) {
      const { lastMs, bytes } = await streamed(lam, 'streaming', { mib: LARGE_MIB });
      if (bytes < LARGE_MIB * MIB) throw new Error(`only ${bytes} bytes of ${LARGE_MIB} MiB came`);
      rates.push(LARGE_MIB / (lastMs / 1000));
    }
    return { findings: { 'stream-throughput': { lam: rates } } };
  },
};

/** Streamed answers over HTTP. */
export const STREAMING_ROWS: readonly Row[] = [firstByte, throughput];
