import { connect, type Socket } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cleanEnvironment, findProgram, outputOf } from './processes.ts';
import { quantile } from './stats.ts';

export interface Target {
  readonly port: number;
  readonly path: string;
  readonly body: string;
}

export interface LoadFigures {
  /** Answers per second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly errors: number;
}

function requestBytes(target: Target): string {
  return `POST ${target.path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(target.body)}\r\n\r\n${target.body}`;
}

/**
 * Sequential requests over one kept-alive connection: the time from write to the last byte of each answer.
 * Raw sockets, so that the client costs both sides the same small share.
 */
export async function sequential(target: Target, count: number): Promise<LoadFigures> {
  const socket = await new Promise<Socket>((resolve, reject) => {
    const s = connect({ port: target.port, host: '127.0.0.1', noDelay: true }, () => resolve(s));
    s.once('error', reject);
  });
  const request = requestBytes(target);
  const times: number[] = [];
  let errors = 0;
  let answered: () => void = () => undefined;
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
    if (text.length < end + 4 + length) return;
    if (!text.startsWith('HTTP/1.1 200')) errors++;
    text = '';
    answered();
  });
  const began = performance.now();
  for (let i = 0; i < count; i++) {
    const sent = performance.now();
    const done = new Promise<void>((resolve) => {
      answered = resolve;
    });
    socket.write(request);
    await done;
    times.push(performance.now() - sent);
  }
  const total = performance.now() - began;
  socket.destroy();
  return { rate: (count * 1000) / total, p50: quantile(times, 0.5), p99: quantile(times, 0.99), errors };
}

/** A closed loop of `connections` for `seconds`, by wrk (Debian package `wrk`), which costs least beside what is measured. */
export async function closedLoop(target: Target, connections: number, seconds: number, folder: string): Promise<LoadFigures> {
  const wrk = findProgram('wrk');
  if (wrk === undefined) throw new Error('the throughput rows need wrk: apt-get install wrk');
  const script = join(folder, 'request.lua');
  await writeFile(script, `wrk.method = "POST"\nwrk.body = [[${target.body}]]\nwrk.headers["Content-Type"] = "application/json"\n`);
  const out = await outputOf(
    [wrk, '-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', script, `http://127.0.0.1:${target.port}${target.path}`],
    cleanEnvironment(),
  );
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(out)?.[1] ?? Number.NaN);
  const non2xx = Number(/Non-2xx or 3xx responses: (\d+)/.exec(out)?.[1] ?? 0);
  const sockets = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(out);
  const errors = non2xx + (sockets === null ? 0 : sockets.slice(1).reduce((sum, n) => sum + Number(n), 0));
  return { rate, p50: milliseconds(out, '50%'), p99: milliseconds(out, '99%'), errors };
}

function milliseconds(out: string, row: string): number {
  const match = new RegExp(`${row}\\s+([\\d.]+)(us|ms|s)`).exec(out);
  const value = Number(match?.[1] ?? Number.NaN);
  return match?.[2] === 'us' ? value / 1000 : match?.[2] === 's' ? value * 1000 : value;
}
