import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { INVOKE, socketPath, type ConfigInput, type StartReport, type Status } from '../../src/contract/index.ts';
import { headerOf, type Answer } from '../load/answer-reader.ts';
import { Connection } from '../load/connection.ts';
import { BODY, requestBytes, type Target } from '../load/target.ts';
import { cleanEnvironment, end, NODE } from '../processes.ts';
import { Control, type Deployed } from './control.ts';
import type { Files } from './zip.ts';

export type DriverName = 'process' | 'docker';

/** Command of lam: program and first arguments. */
export type LamCommand = readonly string[];

/** This checkout's lam, as npm installs it. */
export const OWN_LAM: LamCommand = [NODE, resolve(import.meta.dirname, '../../bin/run.js')];

/** Passes on DOCKER_HOST if it is set. */
function dockerHost(): Record<string, string> {
  const host = process.env['DOCKER_HOST'];
  return host === undefined ? {} : { DOCKER_HOST: host };
}

/** One lam home in a temporary folder, and its daemon. */
export class Lam {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly #command: LamCommand;
  readonly #driver: DriverName;
  #daemon: ChildProcess | undefined;
  #control: Control | undefined;
  #status: Status | undefined;

  private constructor(folder: string, command: LamCommand, driver: DriverName) {
    this.folder = folder;
    this.#command = command;
    this.#driver = driver;
    this.environment = cleanEnvironment({ HOME: folder, LAM_HOME: this.home, ...dockerHost() });
  }

  /** Makes a home whose daemon does not run yet. */
  static async prepare(command: LamCommand, driver: DriverName): Promise<Lam> {
    const folder = await mkdtemp(join(tmpdir(), 'lam-bench-'));
    return new Lam(folder, command, driver);
  }

  get home(): string {
    return join(this.folder, 'home');
  }

  get port(): number {
    return this.#running.port;
  }

  get pid(): number {
    return this.#running.pid;
  }

  get control(): Control {
    if (this.#control === undefined) throw new Error('the daemon does not run');
    return this.#control;
  }

  get #running(): Status {
    if (this.#status === undefined) throw new Error('the daemon does not run');
    return this.#status;
  }

  /** Spawns the daemon as the command does; resolves with the time until it says that it accepts requests, ms. */
  async startDaemon(): Promise<number> {
    const settings = { home: this.home, port: 0, portExplicit: true, host: '127.0.0.1', driver: this.#driver };
    const [program = '', ...args] = this.#command;
    const began = performance.now();
    const child = spawn(program, [...args, '__daemon'], {
      env: { ...this.environment, LAM_DAEMON_SETTINGS: JSON.stringify({ settings }) },
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    this.#daemon = child;
    const line = await new Promise<string>((settle, reject) => {
      child.stdio[3]?.once('data', (chunk: Buffer) => settle(chunk.toString()));
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`the daemon ended with ${code} before it was ready`)));
    });
    const readyMs = performance.now() - began;
    const report = JSON.parse(line) as StartReport;
    if (!report.ok) throw new Error(`the daemon did not start: ${report.error.message}`);
    this.#status = report.status ?? undefined;
    this.#control = await Control.open(socketPath(this.home));
    return readyMs;
  }

  /** Ends the daemon, and with it its sandboxes; the home stays. */
  async stopDaemon(): Promise<void> {
    this.#control?.close();
    this.#control = undefined;
    this.#status = undefined;
    if (this.#daemon !== undefined) await end(this.#daemon);
    this.#daemon = undefined;
  }

  async dispose(): Promise<void> {
    await this.stopDaemon();
    await rm(this.folder, { recursive: true, force: true });
  }

  /**
   * Command line of lam with these arguments. Throws if the daemon does not run, because the command would start one
   * that is never ended.
   */
  words(...args: string[]): readonly string[] {
    if (this.#status === undefined) throw new Error('the daemon does not run');
    return [...this.#command, ...args];
  }

  /** Deploys without loading the code, so that the first request starts a sandbox. */
  deploy(name: string, files: Files, config: ConfigInput = {}): Promise<Deployed> {
    return this.control.deploy(name, files, config);
  }

  /** Deploys as `lam deploy` does: the code is loaded before it goes live. */
  deployVerified(name: string, files: Files, config: ConfigInput = {}): Promise<Deployed> {
    return this.control.deploy(name, files, config, true);
  }

  /** Target of a function's Invoke. */
  target(name: string, body = BODY): Target {
    return { host: '127.0.0.1', port: this.port, path: INVOKE.path(name), body };
  }

  /** Target of a function's HTTP endpoint. */
  httpTarget(name: string): Target {
    return { host: '127.0.0.1', port: this.port, path: `/${name}`, body: BODY };
  }

  connect(): Promise<Connection> {
    return Connection.open({ host: '127.0.0.1', port: this.port });
  }

  /**
   * One invocation over a new connection: its answer, its time including the connect (ms), and the kind of start.
   * Rejects when the function fails.
   */
  async invoke(name: string, body = BODY): Promise<Invoked> {
    const began = performance.now();
    const connection = await this.connect();
    try {
      const answer = await connection.exchange(requestBytes('POST', INVOKE.path(name), body));
      const ms = performance.now() - began;
      return { body: successOf(answer).body.toString(), ms, start: headerOf(answer.head, 'x-lam-start') ?? 'unknown' };
    } finally {
      connection.close();
    }
  }

  /** Waits until no sandbox starts and the sandbox counts are stable. */
  async quiet(limitMs = 20_000): Promise<Status> {
    const until = performance.now() + limitMs;
    let previous = '';
    for (let calm = 0; ;) {
      const status = await this.control.status();
      const now = JSON.stringify(status.sandboxes);
      calm = status.sandboxes.starting === 0 && now === previous ? calm + 1 : 0;
      if (calm >= CALM_LOOKS) return status;
      if (performance.now() > until)
        throw new Error(`sandbox counts did not settle within ${limitMs / 1000} s: ${now}`);
      previous = now;
      await pause(LOOK_MS);
    }
  }
}

/** An invocation that succeeded. */
export interface Invoked {
  readonly body: string;
  readonly ms: number;
  /** `cold`, `warm`, or `stem` when a booted sandbox was bound to the function. */
  readonly start: string;
}

const LOOK_MS = 50;
const CALM_LOOKS = 4;

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The answer itself. Throws if the function failed or was not run. */
export function successOf(answer: Answer): Answer {
  if (answer.status !== 200 || headerOf(answer.head, INVOKE.functionError) !== undefined) {
    throw new Error(`an invocation was answered ${answer.status}: ${answer.body.toString().slice(0, 300)}`);
  }
  return answer;
}
