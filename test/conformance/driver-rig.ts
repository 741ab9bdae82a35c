import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cp, chmod, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { buildAssets } from '../../scripts/build-assets.ts';
import { homeId, type InvocationContext } from '../../src/contract/index.ts';
import {
  openDockerDriver,
  openProcessDriver,
  type Sandbox,
  type SandboxDriver,
  type SandboxSpec,
  type VacatedPlace,
} from '../../src/driver/index.ts';
import { idsHere } from '../../src/driver/process/sandbox-users.ts';
import type { InitOutcome, InitRequest, InvokeOutcome, SessionHooks } from '../../src/executor/index.ts';
import type { Clock } from '../../src/kit/index.ts';
import { parseRuntime } from '../../src/runtimes/index.ts';
import { folderSource, artifactAt } from '../support/folder-source.ts';
import { ifCode, NO_FILE, NO_FOLDER, NOT_OURS } from '../support/if-code.ts';
import { invoked } from '../support/invoked.ts';
import { asRequestId, asTraceId, asSandboxId, asFunctionName, asVersion } from '../support/ids.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/functions');
const MIB = 1024 * 1024;

/** A driver under test. Plain data, so that it can be passed to another process. */
export type Subject =
  | { readonly name: 'process'; readonly cgroups?: boolean }
  | { readonly name: 'docker'; readonly socketPath: string };

/** The runtimes of the suite, and the handler of each fixture. */
export const HANDLERS = {
  nodejs: 'index.handler',
  python3: 'lambda_function.lambda_handler',
  ruby: 'lambda_function.lambda_handler',
  provided: 'bootstrap',
  stdio: 'main',
  wasm: 'main.wasm',
} as const;
export type Tested = keyof typeof HANDLERS;
const FOLDERS: Readonly<Record<Exclude<Tested, 'wasm'>, string>> = {
  nodejs: 'nodejs-any',
  python3: 'python3-any',
  ruby: 'ruby-any',
  provided: 'provided-shell',
  stdio: 'stdio-any',
};

/** Fixtures beside those of the suite, see {@link BootOptions.fixture}. */
const MORE_FIXTURES = ['provided-quick', 'provided-internal', 'layer-probe', 'layer-broken'];

/** Folder of the code of a home, which all may enter. */
export function codeIn(home: string): string {
  return join(home, 'code');
}

/** The fixture of `runtime` in a home. */
export function fixtureIn(home: string, runtime: keyof typeof FOLDERS): string {
  return join(codeIn(home), FOLDERS[runtime]);
}

/** Opens the driver of `subject` on `home`, with the assets that `buildAssets` made in `assets`. */
// oxlint-disable-next-line max-params -- the process that abandons its sandboxes has the first three apart
export function openDriver(subject: Subject, home: string, assets: string, clock?: Clock): Promise<SandboxDriver> {
  const timed = clock === undefined ? {} : { clock };
  if (subject.name === 'docker') {
    return openDockerDriver({
      home,
      socketPath: subject.socketPath,
      nodeBinary: process.execPath,
      nodeArgs: [],
      assetsDir: assets,
      artifacts: folderSource(codeIn(home)),
      ...timed,
    });
  }
  return openProcessDriver({
    home,
    nodeCommand: [process.execPath],
    assetsDir: assets,
    artifacts: folderSource(codeIn(home)),
    ...(subject.cgroups === false ? { cgroups: false } : {}),
    ...timed,
  });
}

export interface Logged {
  readonly stream: string;
  readonly text: string;
  readonly requestId: string;
}

/** Settings of a sandbox that a test may set. */
export interface BootOptions {
  readonly handler?: string;
  readonly timeoutMs?: number;
  readonly initMs?: number;
  readonly memoryMiB?: number;
  /** What an earlier sandbox left. */
  readonly place?: VacatedPlace | undefined;
  /** Name of a fixture other than that of its runtime. */
  readonly fixture?: string;
  readonly concurrency?: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** Folder of its layers. */
  readonly layers?: string;
  /** Takes the records instead of `logs`. */
  readonly onLog?: (text: string) => void;
}

/** One sandbox with its output. Disposing destroys it. */
export class Booted implements AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly init: InitOutcome;
  readonly logs: readonly Logged[];

  constructor(sandbox: Sandbox, init: InitOutcome, logs: readonly Logged[]) {
    this.sandbox = sandbox;
    this.init = init;
    this.logs = logs;
  }

  /** Invokes with the JSON of `event`. */
  invoke(event: unknown, over: Partial<InvocationContext> = {}): Promise<InvokeOutcome> {
    const context = {
      requestId: asRequestId(crypto.randomUUID()),
      deadlineMs: Date.now() + 10_000,
      functionArn: ARN,
      traceId: asTraceId('Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0'),
      ...over,
    };
    return invoked(this.sandbox.session, context, Buffer.from(JSON.stringify(event)));
  }

  /** The result as text; fails with any other outcome. */
  async text(event: unknown, over: Partial<InvocationContext> = {}): Promise<string> {
    const outcome = await this.invoke(event, over);
    if (outcome.kind === 'result') return Buffer.from(outcome.payload).toString();
    const said = 'payload' in outcome ? Buffer.from(outcome.payload).toString() : '';
    throw new TypeError(
      `no result but ${JSON.stringify({ ...outcome, payload: undefined })} ${said} ${JSON.stringify(this.logs)}`,
    );
  }

  async json(event: unknown, over: Partial<InvocationContext> = {}): Promise<unknown> {
    return JSON.parse(await this.text(event, over)) as unknown;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.sandbox.destroy();
  }
}

/** Starts a sandbox of the rig of the suite. */
export type Boot = (runtime: keyof typeof FOLDERS, options?: BootOptions) => Promise<Booted>;

/** Whether this machine has the interpreter of `runtime`. */
function has(program: string): boolean {
  return spawnSync(program, ['--version']).status === 0;
}

/** Runtimes with a client of lam's that this machine can run. */
export const NATIVE = (['nodejs', 'python3', 'ruby'] as const).filter((name) => name !== 'ruby' || has('ruby'));
export type Stemmed = (typeof NATIVE)[number] | 'provided';
/** Runtimes of both protocols: with stems that wait for code, and with stems that start a program when they are bound. */
export const STEMS: readonly Stemmed[] = [...NATIVE, 'provided'];

export const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:any';

/** A home with a driver on it. Disposing closes the driver and removes the home. */
export class DriverRig implements AsyncDisposable {
  readonly home: string;
  readonly assets: string;
  readonly subject: Subject;
  readonly driver: SandboxDriver;

  private constructor(parts: { home: string; assets: string; subject: Subject; driver: SandboxDriver }) {
    this.home = parts.home;
    this.assets = parts.assets;
    this.subject = parts.subject;
    this.driver = parts.driver;
  }

  static async make(subject: Subject): Promise<DriverRig> {
    const home = await mkdtemp(join(tmpdir(), 'lam-driver-'));
    const assets = await buildAssets(join(home, 'dist'));
    const code = codeIn(home);
    const names = [...Object.values(FOLDERS), ...MORE_FIXTURES];
    await Promise.all(names.map((name) => cp(join(FIXTURES, name), join(code, name), { recursive: true })));
    await Promise.all(names.map((name) => chmod(join(code, name), 0o755)));
    await chmod(code, 0o711);
    return new DriverRig({ home, assets, subject, driver: await openDriver(subject, home, assets) });
  }

  /** The fixture of `runtime` in this home. */
  codeOf(runtime: keyof typeof FOLDERS): string {
    return fixtureIn(this.home, runtime);
  }

  /** Whether sandboxes have users of their own here, and so cannot write to their code. */
  get hasOwnUsers(): boolean {
    return this.subject.name === 'docker' || !this.driver.gaps.some((gap) => gap.includes('run as the user of lam'));
  }

  boot(runtime: keyof typeof FOLDERS, options: BootOptions = {}): Promise<Booted> {
    return boot(this.driver, this.home, runtime, options);
  }

  /** Resources that the driver has on this machine for this home, one entry each; empty if it left nothing. */
  remains(): Promise<readonly string[]> {
    return remainsOf(this.subject, this.home);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.driver.close();
    await rm(this.home, { recursive: true, force: true });
  }
}

/** Spec of a sandbox of `runtime` for the code at `code`; of a stem for null. */
export function specOf(runtime: Tested, code: string | null, options: BootOptions = {}): SandboxSpec {
  const parsed = parseRuntime(runtime);
  if (parsed === undefined) throw new TypeError(`no such runtime: ${runtime}`);
  const provided = { _HANDLER: options.handler ?? HANDLERS[runtime], ...options.environment };
  return {
    id: asSandboxId(randomBytes(16).toString('hex')),
    runtime: parsed,
    artifact: code === null ? null : artifactAt(code),
    layers: options.layers === undefined ? null : artifactAt(options.layers),
    environment: parsed.descriptor.protocol === 'runtime-api' ? provided : {},
    limits: { memoryMiB: options.memoryMiB ?? 128, cpus: 1, pids: 64, tmpMiB: 16 },
    network: 'none',
    image: null,
    functionName: code === null ? '' : asFunctionName('any'),
    version: code === null ? null : asVersion(7),
    ...(options.place === undefined ? undefined : { place: options.place }),
  };
}

/** Hooks that collect records in `logs`, unless another receiver is set. */
export function hooksOf(logs: Logged[], options: BootOptions = {}): SessionHooks {
  return {
    onLog: (stream, text, requestId) => {
      if (options.onLog === undefined) logs.push({ stream, text, requestId });
      else options.onLog(text);
    },
    onProtocolError: (what) => void logs.push({ stream: 'protocol', text: what, requestId: '' }),
  };
}

/** Init request of a sandbox of `runtime`. */
export function initOf(runtime: Tested, taskRoot: string, options: BootOptions = {}): InitRequest {
  return {
    functionName: asFunctionName('any'),
    version: asVersion(7),
    functionArn: ARN,
    handler: options.handler ?? HANDLERS[runtime],
    taskRoot,
    memoryMiB: options.memoryMiB ?? 128,
    timeoutMs: options.timeoutMs ?? 10_000,
    concurrency: options.concurrency ?? 1,
    wantStartupCache: false,
    logGroup: '/aws/lambda/any',
    logStream: 'stream',
    environment: options.environment ?? {},
  };
}

/** Creates a sandbox of the fixture of `runtime` in `home`, and sends init. */
// oxlint-disable-next-line max-params -- the rig and the process that abandons its sandboxes have these four apart
export async function boot(
  driver: SandboxDriver,
  home: string,
  runtime: keyof typeof FOLDERS,
  options: BootOptions = {},
): Promise<Booted> {
  const logs: Logged[] = [];
  const code = options.fixture === undefined ? fixtureIn(home, runtime) : join(codeIn(home), options.fixture);
  const sandbox = await driver.create(specOf(runtime, code, options), hooksOf(logs, options));
  const request = initOf(runtime, sandbox.taskRoot, options);
  return new Booted(sandbox, await sandbox.session.init(request, options.initMs ?? 10_000), logs);
}

/** See {@link DriverRig.remains}. */
export async function remainsOf(subject: Subject, home: string): Promise<readonly string[]> {
  const folders = ['run/sb', 'run/docker/sb', 'run/docker/stems'];
  const entries = await Promise.all(folders.map((folder) => readdir(join(home, folder)).catch(ifCode(NO_FILE, []))));
  const groups = await readdir('/sys/fs/cgroup', { recursive: false }).catch(ifCode(NO_FILE, []));
  const name = `lam-${homeId(home)}`;
  const foldersIn = async (path: string): Promise<readonly string[]> => {
    const found = await readdir(join('/sys/fs/cgroup', path), { withFileTypes: true }).catch(ifCode(NO_FOLDER, []));
    return found.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  };
  const within = await Promise.all(['', ...groups].map((group) => foldersIn(join(group, name))));
  const beside = await Promise.all(['', ...groups].map(foldersIn));
  const cgroups = [...within.flat(), ...beside.flat().filter((entry) => entry.startsWith(`${name}.`))];
  return [
    ...entries.flat().map((name) => `folder ${name}`),
    ...cgroups.map((group) => `cgroup ${group}`),
    ...(subject.name === 'docker' ? await containersOf(subject.socketPath, home) : await processesOf(home)),
  ];
}

/**
 * Processes of this home's sandboxes, found by their users, or by their `HOME`, which children inherit. Shells that wait
 * to become a sandbox are none.
 */
async function processesOf(home: string): Promise<readonly string[]> {
  const mark = `\0HOME=${join(home, 'run', 'sb')}/`;
  const ids = idsHere(homeId(home));
  const found = await eachProcess(async (pid, { user, environment }) => {
    const isUser = ids !== undefined && user >= ids.first && user < ids.first + ids.count;
    if (!isUser && !environment.includes(mark)) return [];
    const command = await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(ifCode(NOT_OURS, ''));
    // Of a process that ended and waits for its parent there is no command.
    return ['/bin/sh\0', ''].includes(command) ? [] : [`process ${pid} ${command.replaceAll('\0', ' ').trim()}`];
  });
  return found.flat();
}

/** Processes of this machine that belong to sandbox `id`, by their user, their `HOME` or, of a stem, their folder. */
export async function pidsOf(home: string, id: string): Promise<readonly number[]> {
  const folder = join(home, 'run', 'sb', id);
  const own = await readlink(folder).catch(ifCode(['EINVAL', 'ENOENT'], undefined));
  const found = await eachProcess(async (pid, { user, environment }) => {
    if (own !== undefined) return user === Number(basename(own)) && pid;
    // Of a process of other tests, in a folder whose path is too long to be told, it is refused.
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(ifCode([...NOT_OURS, 'ENAMETOOLONG'], ''));
    return (environment.includes(`\0HOME=${folder}/`) || cwd.startsWith(`${folder}/`)) && pid;
  });
  return found.filter((pid) => pid !== false);
}

/** Whether the process runs; one that ended and waits for its parent does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Calls `look` with each process of this machine, its user and its initial environment after a NUL. */
async function eachProcess<T>(
  look: (pid: number, seen: { readonly user: number; readonly environment: string }) => Promise<T>,
): Promise<readonly T[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  return Promise.all(
    pids.map(async (pid) => {
      const read = (name: string): Promise<string> =>
        readFile(`/proc/${pid}/${name}`, 'latin1').catch(ifCode(NOT_OURS, ''));
      const [status, environment] = await Promise.all([read('status'), read('environ')]);
      return look(Number(pid), {
        user: Number(/^Uid:\t(\d+)/m.exec(status)?.[1] ?? -1),
        environment: `\0${environment}`,
      });
    }),
  );
}

function containersOf(socketPath: string, home: string): Promise<readonly string[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`lam.home=${homeId(home)}`] }));
  return new Promise((resolve, reject) => {
    const req = request({ socketPath, path: `/containers/json?all=true&filters=${filters}`, agent: false }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('end', () => {
        const found = JSON.parse(Buffer.concat(chunks).toString()) as readonly { readonly Names: readonly string[] }[];
        resolve(found.map((container) => `container ${container.Names[0]}`));
      });
    });
    req.on('error', reject);
    req.end();
  });
}

/** Polls until the condition holds or `limitMs` have passed; returns whether it holds. */
export async function eventually(ask: () => boolean | Promise<boolean>, limitMs = 5000): Promise<boolean> {
  for (const end = Date.now() + limitMs; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 10))) {
    if (await ask()) return true;
  }
  return ask();
}

/** Memory this process has in RAM, MiB. */
export function residentMiB(): number {
  return process.memoryUsage.rss() / MIB;
}

/** The parsed error document of an outcome that must be an error. */
export function errorOf(outcome: { readonly kind: InvokeOutcome['kind'] | 'ready' }): Record<string, unknown> {
  assert.equal(outcome.kind, 'error', JSON.stringify(outcome));
  assert.ok('payload' in outcome && outcome.payload instanceof Uint8Array);
  return JSON.parse(Buffer.from(outcome.payload).toString()) as Record<string, unknown>;
}
