import { tmpdir } from 'node:os';
import { basename } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { InitRequest } from '../../executor/frames.ts';
import { programOf, wordsOf } from '../../runtimes/command-line.ts';
import type { ProgramCall, ProgramEnd, ProgramEvents, ProgramHost } from '../program/host.ts';
import { wasiFunctions, type ModuleReport, type ModuleTask } from './runs.ts';
import { compile, pagesIn } from './module.ts';

/** Compiles the module once, and instantiates it in a thread of its own for each invocation. */
export class WasmHost implements ProgramHost {
  readonly title = `node ${process.versions.node} wasi preview1`;
  readonly #file: string;
  readonly #idle: Worker[] = [];
  #load: ModuleTask | undefined;

  /** `file`: the script of workers. */
  constructor(file: string) {
    this.#file = file;
    // Boots while the sandbox waits for its code.
    this.#idle.push(this.#start());
  }

  async load(init: InitRequest): Promise<void> {
    // Instances cannot grow beyond it: an allocation fails instead of the whole sandbox.
    setFlagsFromString(`--wasm-max-mem-pages=${pagesIn(init.memoryMiB)}`);
    const module = await compile(init, wasiFunctions());
    const words = [basename(programOf(init.handler)), ...(wordsOf(init.handler) ?? []).slice(1)];
    this.#load = { kind: 'load', module, words, tmp: tmpdir() };
    while (this.#idle.length < init.concurrency) this.#idle.push(this.#start());
    for (const worker of this.#idle) worker.postMessage(this.#load);
  }

  run({ event, environment }: ProgramCall, events: ProgramEvents): () => void {
    const worker = this.#idle.pop() ?? this.#start(this.#load);
    const onMessage = (message: ModuleReport): void => {
      if (message.kind === 'stderr') {
        events.stderr(Buffer.from(message.bytes));
        return;
      }
      events.stdout(Buffer.from(message.stdout));
      finish(worker, message.end);
    };
    const broken = (reason: string): void => {
      void worker.terminate();
      finish(this.#start(this.#load), { kind: 'fault', errorType: 'Runtime.WasmTrap', message: reason });
    };
    const onError = (error: unknown): void => broken(error instanceof Error ? error.message : String(error));
    const onExit = (): void => broken('the thread of the program ended');
    const finish = (next: Worker, end: ProgramEnd): void => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      this.#idle.push(next);
      events.ended(end);
    };
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    const message: ModuleTask = { kind: 'run', event: Uint8Array.from(event), environment };
    worker.postMessage(message);
    return () => undefined;
  }

  close(): void {
    // Its threads end with the process.
  }

  #start(load?: ModuleTask): Worker {
    const worker = new Worker(this.#file);
    worker.unref();
    if (load !== undefined) worker.postMessage(load);
    return worker;
  }
}
