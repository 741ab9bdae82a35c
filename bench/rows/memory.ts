import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { ECHO, HELLO, PROCESS_ID } from '../lam/functions.ts';
import { pause, successOf, type Lam } from '../lam/lam.ts';
import { headerOf } from '../load/answer-reader.ts';
import { requestBytes } from '../load/target.ts';
import { cleanEnvironment, end, familyOf, memoryKiB, NODE, startServer } from '../processes.ts';
import { connect, type Socket } from 'node:net';
import { interleave } from '../rounds.ts';
import type { Row, RowResult } from '../row.ts';
import type { Scene } from '../scene.ts';

const SANDBOXES = 5;
const SETTLE_MS = 1500;

const idle: Row = {
  id: 'idle-memory',
  group: 'memory',
  measures: [
    {
      id: 'idle-memory',
      title: 'idle warm Node sandbox, proportional set size',
      unit: 'KiB',
      basis: { kind: 'ratio' },
      floorName: 'bare idle Node',
      gate: { sense: '<=', value: 1.3, aim: 1.15 },
    },
  ],
  run: idleRun,
};

/** As many bare Nodes as sandboxes, at the same time: what they share is then shared among the same number. */
async function idleRun(scene: Scene): Promise<RowResult> {
  const lam = await scene.own('process');
  const bare: ChildProcess[] = [];
  try {
    for (let i = 0; i < SANDBOXES; i++) {
      await lam.deploy(`idle-${i}`, PROCESS_ID);
      bare.push(spawn(NODE, ['-e', 'setInterval(() => undefined, 1e9)'], { env: cleanEnvironment(), stdio: 'ignore' }));
    }
    const sandboxes: number[] = [];
    for (let i = 0; i < SANDBOXES; i++) {
      const { pid } = JSON.parse((await lam.invoke(`idle-${i}`)).body) as { readonly pid: number };
      sandboxes.push(pid);
    }
    const strangers = sandboxes.filter((pid) => !familyOf(lam.pid).includes(pid));
    if (strangers.length > 0)
      throw new Error('the functions do not run in processes of the daemon, so their memory is not known');
    await lam.quiet();
    await pause(SETTLE_MS);
    const pss = (pids: readonly number[]): number[] => pids.map((pid) => memoryKiB(pid, 'Pss'));
    return { findings: { 'idle-memory': { lam: pss(sandboxes), floor: pss(bare.map((child) => child.pid ?? 0)) } } };
  } finally {
    for (const child of bare) await end(child);
    await lam.dispose();
  }
}

const MIB = 1024 * 1024;
const TURN = 60;

const body: Row = {
  id: 'body-1mb',
  group: 'memory',
  measures: [
    {
      id: 'body-1mb',
      title: '1 MB body echo, c=1',
      unit: 'MB/s',
      basis: { kind: 'ratio' },
      floorName: 'copy over a Unix socket in Node',
      gate: { sense: '>=', value: 0.5, aim: 0.8 },
    },
    {
      id: 'body-1mb-rss',
      title: '1 MB body echo: growth of the daemon',
      unit: 'MiB',
      basis: { kind: 'absolute', quantile: 1 },
      floorName: null,
      gate: { sense: '<=', value: 64, aim: 16 },
    },
  ],
  run: bodyRun,
};

async function bodyRun(scene: Scene): Promise<RowResult> {
  const lam = await scene.own('process');
  const server = await startServer(join(import.meta.dirname, '../floors/uds-echo.ts'), [
    join(scene.folder, 'echo.sock'),
  ]);
  try {
    await lam.deploy('echo', ECHO);
    await lam.deploy('hello', HELLO);
    await smallRequests(lam, 3000);
    const before = memoryKiB(lam.pid, 'VmRSS');
    const peak = watchPeak(lam.pid);
    const payload = `"${'x'.repeat(MIB - 2)}"`;
    const turns = scene.rounds(TURN, 20);
    const sides = [
      { name: 'lam', take: () => echoThroughLam(lam, payload, turns) },
      { name: 'floor', take: () => echoThroughSocket(server.address, payload, turns) },
    ];
    const samples = await interleave(sides, { rounds: scene.rounds(9) });
    const growthMiB = (peak() - before) / 1024;
    return {
      findings: {
        'body-1mb': { lam: samples.get('lam') ?? [], floor: samples.get('floor') ?? [] },
        'body-1mb-rss': { lam: [growthMiB] },
      },
    };
  } finally {
    await server.stop();
    await lam.dispose();
  }
}

/** So that the growth excludes the needs of small requests. */
async function smallRequests(lam: Lam, count: number): Promise<void> {
  const connection = await lam.connect();
  const request = requestBytes('POST', lam.target('hello').path, '{}');
  for (let i = 0; i < count; i++) successOf(await connection.exchange(request));
  connection.close();
}

/**
 * Samples the memory of a process ten times a second; the returned function stops that and returns the maximum (KiB).
 */
function watchPeak(pid: number): () => number {
  let most = 0;
  const look = (): void => {
    most = Math.max(most, memoryKiB(pid, 'VmRSS') || 0);
  };
  const timer = setInterval(look, 100);
  return () => {
    clearInterval(timer);
    look();
    return most;
  };
}

function echoThroughLam(lam: Lam, payload: string, turns: number): Promise<number> {
  const { host, port, path } = lam.target('echo');
  const request = requestBytes('POST', path, payload);
  const answerBytes = (first: Buffer): number => {
    const head = first.toString('latin1', 0, first.indexOf('\r\n\r\n') + 4);
    if (!head.startsWith('HTTP/1.1 200 ') || Number(headerOf(head, 'content-length')) !== payload.length)
      throw new Error(`the payload did not come back: ${head}`);
    return head.length + payload.length;
  };
  return megabytesPerSecond({ socket: connect(port, host), request, answerBytes, payloadBytes: payload.length, turns });
}

function echoThroughSocket(path: string, payload: string, turns: number): Promise<number> {
  const request = Buffer.from(payload);
  return megabytesPerSecond({
    socket: connect(path),
    request,
    answerBytes: () => request.length,
    payloadBytes: request.length,
    turns,
  });
}

interface RoundTrips {
  readonly socket: Socket;
  readonly request: Buffer;
  /** Length of an answer, from its first piece. */
  readonly answerBytes: (first: Buffer) => number;
  readonly payloadBytes: number;
  readonly turns: number;
}

/**
 * One request after the other. The answers are counted and not kept: the client's work is the same for both sides, and
 * little.
 */
async function megabytesPerSecond({ socket, request, answerBytes, payloadBytes, turns }: RoundTrips): Promise<number> {
  const began = performance.now();
  try {
    await new Promise<void>((resolve, reject) => {
      let turn = 0;
      let missing = 0;
      socket.on('data', (chunk: Buffer) => {
        try {
          if (missing === 0) missing = answerBytes(chunk);
          missing -= chunk.length;
          if (missing > 0) return;
          if (missing < 0) throw new Error('more came back than was asked for');
          turn++;
          if (turn === turns) resolve();
          else socket.write(request);
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('the connection closed before all came back')));
      socket.write(request);
    });
    return (turns * payloadBytes) / 1e3 / (performance.now() - began);
  } finally {
    socket.destroy();
  }
}

export const MEMORY_ROWS: readonly Row[] = [idle, body];
