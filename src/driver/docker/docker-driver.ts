import { mkdir, rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import { join } from 'node:path';

import type Docker from 'dockerode';
import type { Container } from 'dockerode';

import { homeId, type Reclaimed } from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';
import {
  checkEntrypoint,
  DialHome,
  openRuntimeApi,
  type EntrypointError,
  type RuntimeApi,
  type Session,
  type SessionHooks,
} from '../../executor/index.ts';
import { systemClock, type Clock } from '../../kit/index.ts';
import type { Runtime } from '../../runtimes/index.ts';
import { bootstrapEnvironment } from '../process/environment.ts';
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
import { apiSocket, makePlaces, type Places } from './places.ts';
import { Semaphore } from './semaphore.ts';

/** More at once only wait for each other inside the engine. */
const CREATIONS = 4;
/** Patience with one answer of the engine, and with a sandbox's first word. */
const ENGINE_MS = 60_000;
const HELLO_MS = 10_000;
const PULL_MS = 120_000;
const TAIL_LINES = 5;
const DIAL_SOCKET = 'dial.sock';

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
  /** `LAM_HOME`; its identity marks what belongs to this daemon, and to those that follow it in the same home. */
  readonly home: string;
  readonly clock?: Clock;
  /** How long a pull may take, milliseconds. */
  readonly pullLimitMs?: number;
}

/**
 * Opens the driver for a local Docker engine. Rejects with `LAM_DRIVER_DOCKER_UNREACHABLE`, `LAM_DRIVER_DOCKER_DENIED`,
 * `LAM_EXECUTOR_LISTEN_FAILED`. dockerode is loaded at the first work that needs it.
 */
export async function openDockerDriver(options: DockerDriverOptions): Promise<SandboxDriver> {
  const clock = options.clock ?? systemClock;
  const info = await readEngineInfo(options.socketPath).catch((thrown: unknown) => {
    throw dockerError(thrown, { socketPath: options.socketPath, functionName: '', image: null });
  });
  const places = await makePlaces(options.home);
  const dial = await DialHome.listen(join(places.dial, DIAL_SOCKET), clock);
  return new DockerDriver({ options, clock, info, places, dial, homeId: homeId(options.home) });
}

interface Parts {
  readonly options: DockerDriverOptions;
  readonly clock: Clock;
  readonly info: EngineInfo;
  readonly places: Places;
  readonly dial: DialHome;
  readonly homeId: string;
}

type Undo = (() => Promise<unknown> | void)[];

class DockerDriver implements SandboxDriver {
  readonly name = 'docker';
  readonly gaps: readonly string[];
  readonly #parts: Parts;
  readonly #bases: Bases;
  readonly #creations = new Semaphore(CREATIONS);
  readonly #sandboxes = new Set<Sandbox>();
  /** Containers whose removal the engine did not confirm. */
  readonly #leftovers = new Set<string>();
  #docker: Promise<Docker> | undefined;
  #agent: Agent | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.gaps = parts.info.gaps;
    this.#bases = new Bases({
      ...parts.options,
      docker: () => this.#engine(),
      isLocalLinux: parts.info.isLocalLinux,
      pullLimitMs: parts.options.pullLimitMs ?? PULL_MS,
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
    const filters = encodeURIComponent(JSON.stringify({ label: [`${LABEL.home}=${this.#parts.homeId}`] }));
    try {
      // Nothing to remove is the usual case, and is found out without loading dockerode.
      const { body } = await engineGet(this.#parts.options.socketPath, `/containers/json?all=true&filters=${filters}`, ENGINE_MS);
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
    await this.#parts.dial.close();
    this.#agent?.destroy();
  }

  async #create(spec: SandboxSpec, hooks: SessionHooks): Promise<Sandbox> {
    const undo: Undo = [];
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

  async #frames(spec: SandboxSpec, hooks: SessionHooks, base: Base, undo: Undo): Promise<Sandbox> {
    const expected = this.#parts.dial.expect(spec.id, hooks);
    undo.push(() => expected.cancel());
    const started = await this.#start(spec, base, undo, {
      environment: bootstrapEnvironment({
        family: spec.runtime.family,
        memoryMiB: spec.limits.memoryMiB,
        socket: `${INSIDE.run}/${DIAL_SOCKET}`,
        token: expected.token,
      }),
      mount: { source: this.#parts.places.dial, target: INSIDE.run },
    });
    const session = await this.#connected(spec, started, expected.connected);
    session.onFlow = (paused) => started.output.setPaused(paused);
    return this.#sandbox(spec, session, started, { wantsSigterm: () => false, free: async () => {} });
  }

  async #runtimeApi(spec: SandboxSpec, hooks: SessionHooks, base: Base, undo: Undo): Promise<Sandbox> {
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

  async #openApi(spec: SandboxSpec, hooks: SessionHooks, undo: Undo): Promise<{ readonly api: RuntimeApi; readonly folder: string }> {
    const { folder, path } = apiSocket(this.#parts.places, spec.id);
    undo.push(() => rm(folder, { recursive: true, force: true }));
    await mkdir(folder, { recursive: true, mode: 0o755 });
    const api = await openRuntimeApi({ id: spec.id, listen: { path }, clock: this.#parts.clock }, hooks);
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
  async #start(spec: SandboxSpec, base: Base, undo: Undo, way: { environment: Record<string, string>; mount: Mount }): Promise<Started> {
    const docker = await this.#engine();
    const code = spec.code === null ? [] : [{ source: spec.code, target: INSIDE.taskRoot }];
    const container = await docker.createContainer({
      ...containerOptions({
        spec,
        homeId: this.#parts.homeId,
        image: base.image,
        isHostBase: base.isHostBase,
        useDockerInit: !base.isHostBase,
        command: base.command,
        environment: way.environment,
        mounts: [...base.mounts, way.mount, ...code],
        cores: this.#parts.info.cores,
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
    const exited = watchExit(container, wait, output, this.#parts.clock);
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
    const cancel = this.#parts.clock.after(HELLO_MS, () => failed(`it did not call within ${HELLO_MS / 1000} s`));
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
      clock: this.#parts.clock,
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
    const options = { socketPath: this.#parts.options.socketPath, agent: this.#agent };
    return new Dockerode(options);
  }

  #translated(thrown: unknown, spec: SandboxSpec | null): unknown {
    return dockerError(thrown, {
      socketPath: this.#parts.options.socketPath,
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
