import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { homeId, socketPath } from '../../src/contract/index.ts';
import type { Status } from '../../src/contract/index.ts';
import { CLOSED, ifCode } from '../support/if-code.ts';
import {
  containersOf,
  engine,
  keptImagesOf,
  eventually,
  freePort,
  HAS_DOCKER,
  kill,
  leftovers,
  overSocket,
  processesOf,
} from './machine.ts';
import { programForAll, type ProgramForAll } from './program-for-all.ts';

export {
  containersOf,
  engine,
  engineSocket,
  eventually,
  freePort,
  HAS_DOCKER,
  http,
  isRunning,
  kill,
  leftovers,
  processesOf,
  type HttpAnswer,
} from './machine.ts';

/** The program of the clone. */
const CLONE = join(import.meta.dirname, '..', '..', 'bin', 'lam');

/** The program under test: `LAM_TEST_BIN`, else the clone's own `bin/lam`. */
export const PROGRAM: string = process.env['LAM_TEST_BIN'] ?? CLONE;
/** The single file stands alone, so it is tested without a Node in reach. */
export const IS_BINARY: boolean = PROGRAM !== CLONE;
/** Why Docker cases are skipped, for `{ skip }`; false where they run. */
export const NO_DOCKER: string | false = HAS_DOCKER ? false : 'no Docker engine answers';
/** Drivers that scenarios run with here. */
export const DRIVERS: readonly ('process' | 'docker')[] = HAS_DOCKER ? ['process', 'docker'] : ['process'];

/** Result of a command. */
export interface RunResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stdoutBytes: Buffer;
  readonly stderr: string;
  readonly ms: number;
}

export interface RunOptions {
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** User to run as, from a copy of the program that every user may run; only root can. */
  readonly uid?: number;
  /** In a terminal, whose lines end with CR LF; stdout and stderr come out as one. Wants `script`. */
  readonly terminal?: boolean;
  /** File that stdout goes to; the result has none then. */
  readonly stdoutFile?: string;
  /** Time after which the command gets SIGKILL (ms); default 60 s. */
  readonly limitMs?: number;
}

export interface SessionOptions {
  readonly driver?: 'process' | 'docker' | 'auto';
  /** An existing folder; by default a short new one, removed at the end. */
  readonly home?: string;
  /** Further variables for every command. */
  readonly env?: Readonly<Record<string, string>>;
  /** Another copy of the program, by its path. */
  readonly program?: string;
}

/** An error as `--json` prints it. */
export interface WireFault {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** A user at a shell with their own home and port. */
export async function lamSession(options: SessionOptions = {}): Promise<LamSession> {
  const root = mkdtempSync('/tmp/lam-e2e-');
  return new LamSession(realpathSync(root), await freePort(), options);
}

export class LamSession implements AsyncDisposable {
  readonly root: string;
  readonly home: string;
  /** A folder for projects; commands run in it. */
  readonly cwd: string;
  readonly port: number;
  readonly #program: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #history: string[] = [];
  readonly #children = new Set<ChildProcess>();
  readonly #cleanups: (() => void | Promise<void>)[] = [];
  #programForAll: ProgramForAll | undefined;

  constructor(root: string, port: number, options: SessionOptions) {
    this.root = root;
    this.#program = options.program ?? PROGRAM;
    this.home = options.home ?? join(root, 'h');
    this.cwd = join(root, 'w');
    this.port = port;
    const person = join(root, 'person');
    for (const folder of [this.cwd, person]) mkdirSync(folder);
    this.#env = {
      ...passedOn(),
      HOME: person,
      PATH: IS_BINARY ? pathWithoutNode(join(root, 'bin')) : (process.env['PATH'] ?? '/usr/bin:/bin'),
      LAM_HOME: this.home,
      LAM_PORT: String(port),
      LAM_DRIVER: options.driver ?? 'process',
      NO_COLOR: '1',
      ...options.env,
    };
  }

  /** The base of its HTTP port. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get homeId(): string {
    return homeId(this.home);
  }

  /** Environment of its commands. */
  environment(more: Readonly<Record<string, string | undefined>> = {}): Record<string, string> {
    return withoutUndefined({ ...this.#env, ...more });
  }

  /** Starts a command and leaves it running; it is ended with the session. */
  start(args: readonly string[], options: RunOptions = {}): ChildProcess {
    const command = commandOfRun([this.#programFor(options), ...args], options);
    const file = options.stdoutFile === undefined ? undefined : openSync(options.stdoutFile, 'w');
    const child = spawn(command[0] ?? '', command.slice(1), {
      cwd: options.cwd ?? this.cwd,
      env: this.environment(options.env),
      stdio: [options.stdin === undefined ? 'ignore' : 'pipe', file ?? 'pipe', 'pipe'],
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    });
    if (file !== undefined) closeSync(file);
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  /** Runs a command to its end. */
  async run(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const began = performance.now();
    const child = this.start(args, options);
    const limit = setTimeout(() => child.kill('SIGKILL'), options.limitMs ?? 60_000);
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
    if (options.stdin !== undefined) {
      // A command may end without reading all of its input.
      child.stdin?.on('error', ifCode(CLOSED, undefined));
      child.stdin?.end(options.stdin);
    }
    const { code, signal } = await new Promise<{ code: number | null; signal: NodeJS.Signals | null }>(
      (resolve, reject) => {
        child.once('error', reject);
        child.once('close', (endCode, endSignal) => resolve({ code: endCode, signal: endSignal }));
      },
    );
    clearTimeout(limit);
    const bytes = await stdout;
    const result: RunResult = {
      code,
      signal,
      stdout: bytes.toString(),
      stdoutBytes: bytes,
      stderr: (await stderr).toString(),
      ms: performance.now() - began,
    };
    this.#remember(args, result);
    return result;
  }

  /** Runs a command that must end with 0. */
  async ok(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const result = await this.run(args, options);
    if (result.code !== 0) this.fail(`lam ${args.join(' ')} was to succeed`);
    return result;
  }

  /** Runs a command with `--json` that must succeed; gives its `data`. */
  async json<T>(args: readonly string[], options: RunOptions = {}): Promise<T> {
    const { stdout } = await this.ok([...args, '--json'], options);
    const answer = JSON.parse(stdout) as { ok: boolean; data: T };
    assert.equal(answer.ok, true);
    return answer.data;
  }

  /** Runs a command with `--json` that must fail, with this code and exit; gives its error. */
  async refused(args: readonly string[], code: string, exit: number, options: RunOptions = {}): Promise<WireFault> {
    const result = await this.run([...args, '--json'], options);
    let error: WireFault | undefined;
    try {
      ({ error } = JSON.parse(result.stdout) as { error?: WireFault });
    } catch {
      // Reported below, with the output.
    }
    if (error?.code !== code || result.code !== exit)
      this.fail(`lam ${args.join(' ')} was to fail with ${code} and exit ${exit}`);
    assert.ok(error.hint !== undefined && error.hint !== '', `${code} gives no hint`);
    return error;
  }

  status(): Promise<Status> {
    return this.json<Status>(['status']);
  }

  /**
   * Waits until so many sandboxes are busy. Asks the daemon without a command, whose start would take longer than short
   * invocations.
   */
  async untilBusy(count: number): Promise<void> {
    const busy = async (): Promise<number> => {
      const { body } = await overSocket(socketPath(this.home), 'GET', '/_lam/v1/status');
      return (JSON.parse(body.toString()) as Status).sandboxes.busy;
    };
    if (!(await eventually(async () => (await busy()) === count, 30_000)))
      this.fail(`${count} sandboxes were to be busy`);
  }

  /** Writes files below the working folder and gives the folder of them. */
  files(folder: string, files: Readonly<Record<string, string | Uint8Array>>): string {
    const place = join(this.cwd, folder);
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(place, name)), { recursive: true });
      writeFileSync(join(place, name), content);
    }
    return place;
  }

  /** Deploys a Node function of one file; settings in the words of lam.yaml. */
  async deployNode(
    name: string,
    code: string,
    settings: Readonly<Record<string, string | number | boolean>> = {},
  ): Promise<RunResult> {
    const lines = Object.entries({ timeout: 30, ...settings }).map(([word, value]) => `${word}: ${value}\n`);
    const cwd = this.files(name, {
      'lam.yaml': `name: ${name}\nruntime: nodejs\n${lines.join('')}`,
      'index.mjs': code,
    });
    return this.ok(['deploy'], { cwd });
  }

  /** Deploys a Python function of one file. */
  async deployPython(
    name: string,
    code: string,
    settings: Readonly<Record<string, string | number | boolean>> = {},
  ): Promise<RunResult> {
    const lines = Object.entries({ timeout: 30, ...settings }).map(([word, value]) => `${word}: ${value}\n`);
    const cwd = this.files(name, {
      'lam.yaml': `name: ${name}\nruntime: python3\n${lines.join('')}`,
      'lambda_function.py': code,
    });
    return this.ok(['deploy'], { cwd });
  }

  /** Adds a clean-up step before the session's folders are removed. */
  onDispose(cleanup: () => void | Promise<void>): void {
    this.#cleanups.push(cleanup);
  }

  /** Fails with the last commands and their output. */
  fail(what: string): never {
    const told = `${what}\n--- the last commands ---\n${this.#history.slice(-6).join('\n')}`;
    // If both the test and its clean-up fail, the runner shows neither message.
    console.error(told);
    assert.fail(told);
  }

  /** Stops the daemon, ends remaining processes and asserts that nothing of this home is left on the machine. */
  async dispose(): Promise<void> {
    for (const child of this.#children) if (!child.spawnargs.includes('serve')) child.kill('SIGKILL');
    const stopped = await this.run(['stop'], { limitMs: 90_000 });
    for (const child of this.#children) child.kill('SIGKILL');
    const lost = stopped.code === 0 ? '' : `lam stop ended with ${stopped.code}: ${stopped.stderr}`;
    for (const cleanup of this.#cleanups.toReversed()) await cleanup();
    // Children of a killed daemon end after their parent.
    await eventually(() => processesOf(this).length === 0, 5000);
    const left = await leftovers(this);
    for (const pid of processesOf(this)) kill(pid);
    for (const name of await keptImagesOf(this)) await engine('DELETE', `/images/${name}`);
    for (const id of await containersOf(this)) await engine('DELETE', `/containers/${id}?force=true&v=true`);
    this.#programForAll?.[Symbol.dispose]();
    rmSync(this.root, { recursive: true, force: true });
    rmSync(dirname(socketPath(this.home)), { recursive: true, force: true });
    if (lost !== '' || left.length > 0) this.fail([lost, ...left].filter((line) => line !== '').join('\n'));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #programFor({ uid }: RunOptions): string {
    if (uid === undefined) return this.#program;
    this.#programForAll ??= programForAll(this.#program, IS_BINARY);
    return this.#programForAll.path;
  }

  #remember(args: readonly string[], result: RunResult): void {
    const cut = (text: string): string =>
      text.length > 2000 ? `${text.slice(0, 1000)} ... ${text.slice(-1000)}` : text;
    this.#history.push(
      `$ lam ${args.map((a) => cut(a)).join(' ')}   [${result.signal ?? result.code}, ${Math.round(result.ms)} ms]\n${cut(result.stdout)}${cut(result.stderr)}`,
    );
  }
}

function commandOfRun(command: readonly string[], { terminal }: RunOptions): readonly string[] {
  if (terminal !== true) return command;
  const line = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  return ['script', '--quiet', '--return', '--command', line, '/dev/null'];
}

/** The part of the tests' environment that a user's shell has, too. */
function passedOn(): Record<string, string> {
  const names = [
    'LAM_TEST_RUN',
    'LANG',
    'TZ',
    'DOCKER_HOST',
    'DOCKER_CONFIG',
    'NODE_EXTRA_CA_CERTS',
    'SSL_CERT_FILE',
    'PYENV_ROOT',
  ];
  const kept = Object.entries(process.env).filter(
    ([name]) => names.includes(name) || /^(?:npm_config_|PIP_|GO)/i.test(name),
  );
  return Object.fromEntries(kept.map(([name, value]) => [name, value ?? '']));
}

/** A folder with links to all programs of this machine but Node's own. */
function pathWithoutNode(folder: string): string {
  mkdirSync(folder);
  for (const place of (process.env['PATH'] ?? '').split(delimiter)) {
    if (place.includes('node_modules')) continue;
    for (const name of names(place)) {
      if (/^(?:node|nodejs|npm|npx|corepack)$/.test(name)) continue;
      try {
        symlinkSync(join(place, name), join(folder, name));
      } catch (error) {
        // A program of that name is earlier on the path.
        ifCode(['EEXIST'], undefined)(error);
      }
    }
  }
  return folder;
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    // As a shell does, passes over entries of the path that do not exist or that this user may not read.
    return ifCode(['ENOENT', 'ENOTDIR', 'EACCES'], [])(error);
  }
}

function withoutUndefined(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

async function collect(stream: NodeJS.ReadableStream | null): Promise<Buffer> {
  const chunks: Buffer[] = [];
  if (stream !== null) for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
