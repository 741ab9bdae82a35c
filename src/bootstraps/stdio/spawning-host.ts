import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { InitRequest } from '../../executor/frames.ts';
import type { ProgramCall, ProgramEnd, ProgramEvents, ProgramHost } from '../program/host.ts';
import { endFirst, kernelEndings } from '../shared/out-of-memory.ts';
import { StandardPipes } from './pipes.ts';
import { commandOf, refuseFault } from './command.ts';
import type { Command } from './started-command.ts';

/** How long processes that the program left may still print after its exit (ms). */
const LEFT_MS = 200;
/** How long pipes may stay open after all processes of the group were killed (ms). */
const KILLED_MS = 400;

/** Starts the program as a process group of its own, for each invocation. */
export class SpawningHost implements ProgramHost {
  readonly title = `node ${process.versions.node}`;
  readonly #running = new Set<number>();
  readonly #endings = kernelEndings();
  /** Pipes that no run uses. */
  readonly #pipes: StandardPipes[] = [];
  /** Made while the sandbox waits for its code. */
  readonly #first = StandardPipes.make(1);
  readonly #given: Command | undefined;
  #command: Command = { program: '', arguments: [], directory: '', environment: {} };
  /** Variables of the command that the function has none of. */
  #own: Readonly<Record<string, string>> = {};

  /** `given`: what is started in place of the handler. */
  constructor(given: Command | undefined) {
    this.#given = given;
  }

  async load(init: InitRequest): Promise<void> {
    this.#command = this.#given ?? commandOf(init);
    const own = Object.entries(this.#command.environment);
    this.#own = Object.fromEntries(own.filter(([name]) => !Object.hasOwn(init.environment, name)));
    await refuseFault(this.#command, init.handler);
    this.#pipes.push(...(await this.#first));
    if (this.#pipes.length > 0 && init.concurrency > 1)
      this.#pipes.push(...(await StandardPipes.make(init.concurrency - 1)));
  }

  run(call: ProgramCall, events: ProgramEvents): () => void {
    const before = this.#endings();
    const pipes = this.#pipes.pop();
    const started = pipes === undefined ? this.#overSockets(call) : this.#overPipes(call, pipes);
    const { child, output } = started;
    const kill = (): void => killGroup(child.pid);
    if (child.pid !== undefined) {
      this.#running.add(child.pid);
      endFirst(child.pid);
    }
    const [stdout, stderr] = output;
    stdout.on('data', (chunk: Buffer) => events.stdout(chunk));
    stderr.on('data', (chunk: Buffer) => events.stderr(chunk));
    const closed = Promise.all(output.map((stream) => new Promise<void>((resolve) => stream.once('close', resolve))));
    const settle = async (end: ProgramEnd): Promise<void> => {
      const isClean = await drained(closed, kill);
      for (const stream of output) stream.destroy();
      if (child.pid !== undefined) this.#running.delete(child.pid);
      if (pipes !== undefined) await this.#putBack(pipes, isClean);
      events.ended(end);
    };
    child.once('error', (error) => void settle(this.#unstarted(error)));
    child.once('exit', (status, signal) => {
      if (signal === null) void settle({ kind: 'exit', status: status ?? 0 });
      else void settle({ kind: 'signal', signal, outOfMemory: signal === 'SIGKILL' && this.#endings() > before });
    });
    return kill;
  }

  close(): void {
    for (const pid of this.#running) killGroup(pid);
  }

  async #putBack(pipes: StandardPipes, isClean: boolean): Promise<void> {
    if (isClean) {
      this.#pipes.push(pipes);
      return;
    }
    pipes.close();
    this.#pipes.push(...(await StandardPipes.make(1)));
  }

  #unstarted(error: Error): ProgramEnd {
    const message = `cannot start ${this.#command.program}: ${error.message}`;
    return { kind: 'fault', errorType: 'Runtime.InvalidEntrypoint', message };
  }

  #overPipes({ event, environment }: ProgramCall, pipes: StandardPipes): Started {
    const ends = [pipes.openStdin(), pipes.openOutput(1), pipes.openOutput(2)] as const;
    const [stdin, stdout, stderr] = ends;
    const child = this.#spawn(environment, [stdin.its, stdout.its, stderr.its]);
    for (const { its } of ends) closeSync(its);
    feed(stdin.ours, event);
    const [out, err] = [stdout, stderr].map(({ ours }) => new Socket({ fd: ours, readable: true, writable: false }));
    return { child, output: [out as Socket, err as Socket] };
  }

  #overSockets({ event, environment }: ProgramCall): Started {
    const child = this.#spawn(environment, ['pipe', 'pipe', 'pipe']);
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(Buffer.from(event));
    return { child, output: [child.stdout as Socket, child.stderr as Socket] };
  }

  #spawn(environment: Readonly<Record<string, string>>, stdio: readonly (number | 'pipe')[]): ChildProcess {
    const { program, arguments: args, directory } = this.#command;
    const env = { ...environment, ...this.#own };
    return spawn(program, args, { cwd: directory, env, stdio: [...stdio], detached: true });
  }
}

interface Started {
  readonly child: ChildProcess;
  readonly output: readonly [Socket, Socket];
}

/** Writes the event and closes the pipe. A program may end without reading it. */
function feed(fd: number, event: Buffer): void {
  let written = 0;
  try {
    if (event.length > 0) written = writeSync(fd, event);
  } catch (error) {
    const code: unknown = Reflect.get(error as object, 'code');
    // The pipe is full, or nobody reads it any more.
    if (code !== 'EAGAIN') written = event.length;
  }
  if (written >= event.length) {
    closeSync(fd);
    return;
  }
  const rest = new Socket({ fd, readable: false, writable: true });
  rest.on('error', () => undefined);
  // Copied, because the read buffer is reused.
  rest.end(Buffer.from(event.subarray(written)));
}

/** Resolves when the output has ended; false if something holds it open although the group was killed. */
async function drained(closed: Promise<unknown>, kill: () => void): Promise<boolean> {
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, LEFT_MS).unref())]);
  kill();
  return Promise.race([
    closed.then(() => true),
    new Promise<boolean>((resolve) => setTimeout(() => resolve(false), KILLED_MS).unref()),
  ]);
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
