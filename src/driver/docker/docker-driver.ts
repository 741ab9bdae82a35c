import { mkdir, rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import { dirname, join } from 'node:path';

import type Docker from 'dockerode';
import type { Container } from 'dockerode';

import type { Reclaimed } from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';
import {
  checkEntrypoint,
  openRuntimeApi,
  type DialHome,
  type EntrypointError,
  type RuntimeApi,
  type Session,
  type SessionHooks,
} from '../../executor/index.ts';
import { systemClock, type Clock } from '../../kit/index.ts';
import type { Runtime } from '../../runtimes/index.ts';
import type { Sandbox, SandboxDriver, SandboxSpec } from '../sandbox.ts';
import { Bases, type Base, type BroughtFiles } from './bases.ts';
import { ContainerOutput } from './container-output.ts';
import { containerOptions, INSIDE, LABEL } from './container-spec.ts';
import { dockerError, isMissing } from './docker-errors.ts';
import { DockerSandbox, removeContainer, watchExit } from './docker-sandbox.ts';
import { engineGet, member } from './engine-http.ts';
import { readEngineInfo, type EngineInfo } from './engine-info.ts';
import { EntrypointSandbox } from './entrypoint-sandbox.ts';
import type { Mount } from './host-base.ts';
import { Semaphore } from './semaphore.ts';

/** More at once only wait for each other inside the engine. */
const CREATIONS = 4;
/** Patience with one answer of the engine, and with a sandbox's first word. */
const ENGINE_MS = 60_000;
const HELLO_MS = 10_000;
const PULL_MS = 120_000;
const TAIL_LINES = 5;

/**
 * What lam's own processes in a container take on top of the function's limits: the supervising shell, and for
 * `provided` the relay (measured, see docs/decisions).
 */
const OWN = {
  frames: { memoryMiB: 0, pids: 1 },
  'runtime-api': { memoryMiB: 48, pids: 16 },
} as const;

export interface DockerDriverOptions extends BroughtFiles {
  /** The engine's socket, as `probeDocker` found it. */
  readonly socketPath: string;
  /** Marks what belongs to this daemon, and to those that follow it in the same home. */
  readonly homeId: string;
  /** Host folder in which every sandbox gets one of its own while it lives. */
  readonly sandboxesDir: string;
  /** Its socket's folder is seen by every sandbox and must hold nothing else. */
  readonly dialHome: DialHome;
  readonly clock?: Clock;
  /** How long a pull may take, milliseconds. */
  readonly pullLimitMs?: number;
}

/**
 * The driver for a local Docker engine. Rejects with `LAM_DRIVER_DOCKER_UNREACHABLE` or `LAM_DRIVER_DOCKER_DENIED`.
 * dockerode is loaded at the first work that needs it.
 */
export async function openDockerDriver(options: DockerDriverOptions): Promise<SandboxDriver> {
  const info = await readEngineInfo(options.socketPath).catch((thrown: unknown) => {
    throw dockerError(thrown, { socketPath: options.socketPath, functionName: '', image: null });
  });
  return new DockerDriver(options, info);
}

class DockerDriver implements SandboxDriver {
  readonly name = 'docker';
  readonly gaps: readonly string[];
  readonly #options: DockerDriverOptions;
  readonly #info: EngineInfo;
  readonly #clock: Clock;
  readonly #bases: Bases;
  readonly #creations = new Semaphore(CREATIONS);
  readonly #sandboxes = new Set<Sandbox>();
  /** Containers whose removal the engine did not confirm. */
  readonly #leftovers = new Set<string>();
  #docker: Promise<Docker> | undefined;
  #agent: Agent | undefined;

  constructor(options: DockerDriverOptions, info: EngineInfo) {
    this.#options = options;
    this.#info = info;
    this.#clock = options.clock ?? systemClock;
    this.gaps = info.gaps;
    this.#bases = new Bases({
      ...options,
      docker: () => this.#engine(),
      isLocalLinux: info.isLocalLinux,
      pullLimitMs: options.pullLimitMs ?? PULL_MS,
    });
  }

  async prepare(runtime: Runtime, image: string | null): Promise<string | null> {
    const base = await this.#bases.find(runtime, image);
    return base.notice;
  }

  async create(spec: SandboxSpec, hooks: SessionHooks): Promise<Sandbox> {
    const fault = spec.runtime.protocol === 'runtime-api' && spec.code !== null ? await checkEntrypoint(spec.code) : null;
    const sandbox = fault === null ? await this.#creations.run(() => this.#create(spec, hooks)) : await this.#failed(spec, hooks, fault);
    this.#sandboxes.add(sandbox);
    return sandbox;
  }

  async reclaim(): Promise<Reclaimed> {
    const filters = encodeURIComponent(JSON.stringify({ label: [`${LABEL.home}=${this.#options.homeId}`] }));
    try {
      // Nothing to remove is the usual case, and is found out without loading dockerode.
      const { body } = await engineGet(this.#options.socketPath, `/containers/json?all=true&filters=${filters}`, ENGINE_MS);
      const ids = Array.isArray(body) ? body.map((c) => String(member(c, 'Id'))) : [];
      if (ids.length === 0) return { containers: 0, processes: 0, files: 0 };
      const docker = await this.#engine();
      const removed = await Promise.all(ids.map((id) => removeContainer(docker.getContainer(id))));
      return { containers: removed.filter(Boolean).length, processes: 0, files: 0 };
    } catch (thrown) {
      throw this.#translated(thrown, null);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sandboxes].map((sandbox) => sandbox.destroy()));
    await this.#sweep();
    this.#agent?.destroy();
  }

  async #create(spec: SandboxSpec, hooks: SessionHooks): Promise<Sandbox> {
    const undo: (() => Promise<unknown> | void)[] = [];
    try {
      const base = await this.#bases.find(spec.runtime, spec.image);
      const sandbox =
        spec.runtime.protocol === 'frames' ? await this.#frames(spec, hooks, base, undo) : await this.#runtimeApi(spec, hooks, base, undo);
      if (this.#leftovers.size > 0) void this.#sweep();
      return sandbox;
    } catch (thrown) {
      for (const step of undo.toReversed()) await step();
      if (isMissing(thrown)) this.#bases.forget();
      throw this.#translated(thrown, spec);
    }
  }

  async #frames(spec: SandboxSpec, hooks: SessionHooks, base: Base, undo: (() => Promise<unknown> | void)[]): Promise<Sandbox> {
    const { dialHome } = this.#options;
    const expected = dialHome.expect(spec.id, hooks);
    undo.push(() => expected.cancel());
    const name = dialHome.path.slice(dirname(dialHome.path).length + 1);
    const started = await this.#start(spec, base, undo, {
      environment: { LAM_SOCKET: `${INSIDE.run}/${name}`, LAM_TOKEN: expected.token },
      mount: { source: dirname(dialHome.path), target: INSIDE.run },
    });
    const session = await this.#connected(spec, started, expected.connected);
    session.onFlow = (paused) => started.output.setPaused(paused);
    return this.#sandbox(spec, session, started, { wantsSigterm: () => false, free: async () => {} });
  }

  async #runtimeApi(spec: SandboxSpec, hooks: SessionHooks, base: Base, undo: (() => Promise<unknown> | void)[]): Promise<Sandbox> {
    const { api, folder } = await this.#openApi(spec, hooks, undo);
    const started = await this.#start(spec, base, undo, {
      environment: { LAM_API_SOCKET: `${INSIDE.api}/api.sock` },
      mount: { source: folder, target: INSIDE.api },
    });
    api.spawned();
    return this.#sandbox(spec, api.session, started, {
      wantsSigterm: () => api.wantsSigterm(),
      free: () => rm(folder, { recursive: true, force: true }),
    });
  }

  async #openApi(
    spec: SandboxSpec,
    hooks: SessionHooks,
    undo: (() => Promise<unknown> | void)[],
  ): Promise<{ readonly api: RuntimeApi; readonly folder: string }> {
    const folder = join(this.#options.sandboxesDir, spec.id);
    undo.push(() => rm(folder, { recursive: true, force: true }));
    await mkdir(folder, { recursive: true, mode: 0o755 });
    const api = await openRuntimeApi({ id: spec.id, listen: { path: join(folder, 'api.sock') }, clock: this.#clock }, hooks);
    undo.push(() => api.close());
    return { api, folder };
  }

  /** Code that can't be started gets no container, only a session that says why. */
  async #failed(spec: SandboxSpec, hooks: SessionHooks, fault: EntrypointError): Promise<Sandbox> {
    const { api, folder } = await this.#openApi(spec, hooks, []);
    api.failInit(fault.errorType, fault.errorMessage);
    const sandbox: EntrypointSandbox = new EntrypointSandbox(spec.id, api.session, async () => {
      this.#sandboxes.delete(sandbox);
      await rm(folder, { recursive: true, force: true });
    });
    return sandbox;
  }

  /** Makes and starts the container, with somebody listening to its output and its end before it runs. */
  async #start(
    spec: SandboxSpec,
    base: Base,
    undo: (() => Promise<unknown> | void)[],
    way: { environment: Record<string, string>; mount: Mount },
  ): Promise<Started> {
    const docker = await this.#engine();
    const code = spec.code === null ? [] : [{ source: spec.code, target: INSIDE.taskRoot }];
    const container = await docker.createContainer({
      ...containerOptions({
        spec,
        homeId: this.#options.homeId,
        image: base.image,
        isHostBase: base.isHostBase,
        useDockerInit: !base.isHostBase,
        command: base.command,
        environment: way.environment,
        mounts: [...base.mounts, way.mount, ...code],
        cores: this.#info.cores,
        own: OWN[spec.runtime.protocol],
      }),
      abortSignal: AbortSignal.timeout(ENGINE_MS),
    });
    undo.push(async () => {
      if (!(await removeContainer(container))) this.#leftovers.add(container.id);
    });
    const output = new ContainerOutput(await container.attach({ stream: true, stdout: true, stderr: true, hijack: true }));
    undo.push(() => output.close());
    const wait: Promise<{ StatusCode: number }> = container.wait({ condition: 'next-exit' });
    const exited = watchExit(container, wait, output, this.#clock);
    await container.start({ abortSignal: AbortSignal.timeout(ENGINE_MS) });
    return { container, output, exited };
  }

  async #connected<S extends Session>(spec: SandboxSpec, started: Started, connected: Promise<S>): Promise<S> {
    const limit = Promise.withResolvers<never>();
    const failed = (what: string): void => {
      const said = started.output.tail(TAIL_LINES);
      const reason = said === '' ? what : `${what}; it printed: ${said}`;
      limit.reject(lamError('LAM_DRIVER_START_FAILED', { function: spec.functionName, reason }));
    };
    const cancel = this.#clock.after(HELLO_MS, () => failed(`it did not call within ${HELLO_MS / 1000} s`));
    void started.exited.then((status) => failed(`its container ended at once (${status.signal ?? `exit status ${status.code}`})`));
    return Promise.race([connected, limit.promise]).finally(cancel);
  }

  #sandbox(
    spec: SandboxSpec,
    session: Session,
    started: Started,
    end: { wantsSigterm: () => boolean; free: () => Promise<void> },
  ): Sandbox {
    const { container, output, exited } = started;
    output.pipe((stream, chunk) => session.output(stream, chunk));
    const sandbox: DockerSandbox = new DockerSandbox({
      id: spec.id,
      container,
      session,
      exited,
      clock: this.#clock,
      wantsSigterm: end.wantsSigterm,
      onDestroyed: async (removed) => {
        this.#sandboxes.delete(sandbox);
        if (!removed) this.#leftovers.add(container.id);
        output.close();
        await end.free();
      },
    });
    return sandbox;
  }

  /** Tries again to remove what the engine was not there to remove. */
  async #sweep(): Promise<void> {
    if (this.#leftovers.size === 0) return;
    const docker = await this.#engine();
    await Promise.all(
      [...this.#leftovers].map(async (id) => (await removeContainer(docker.getContainer(id))) && this.#leftovers.delete(id)),
    );
  }

  #engine(): Promise<Docker> {
    this.#docker ??= this.#load();
    return this.#docker;
  }

  async #load(): Promise<Docker> {
    const { default: Dockerode } = await import('dockerode');
    this.#agent = new Agent({ keepAlive: true });
    // No version: engines refuse both the too old and the too new.
    // `agent` is missing from the types.
    const options = { socketPath: this.#options.socketPath, agent: this.#agent };
    return new Dockerode(options);
  }

  #translated(thrown: unknown, spec: SandboxSpec | null): unknown {
    return dockerError(thrown, {
      socketPath: this.#options.socketPath,
      functionName: spec?.functionName ?? '',
      image: spec?.image ?? null,
    });
  }
}

interface Started {
  readonly container: Container;
  readonly output: ContainerOutput;
  readonly exited: ReturnType<typeof watchExit>;
}
