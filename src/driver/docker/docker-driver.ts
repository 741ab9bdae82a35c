import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import type Docker from 'dockerode';

import { homeId, type Reclaimed } from '../../contract/index.ts';
import { lamError, type LamError } from '../../errors/index.ts';
import {
  checkEntrypoint,
  DialHome,
  openRuntimeApi,
  type EntrypointError,
  type RuntimeApi,
  type Session,
  type SessionHooks,
} from '../../executor/index.ts';
import { systemClock, type Clock, Semaphore } from '../../kit/index.ts';
import type { Protocol, Runtime } from '../../runtimes/index.ts';
import { framesEnvironment } from '../shared/environment.ts';
import type { ArtifactSource, Sandbox, SandboxDriver, SandboxSpec } from '../sandbox.ts';
import { stemKeyOf } from '../shared/stem-key.ts';
import { Bases, type Base, type BroughtFiles } from './base/bases.ts';
import { CodeFolder } from './code/code-folder.ts';
import { INSIDE, LABEL } from './container/container-spec.ts';
import { dockerError, isMissing, reasonOf } from './engine/docker-errors.ts';
import { DockerSandbox, removeContainer, type Removal } from './container/docker-sandbox.ts';
import { EngineConnections } from './engine/engine-connections.ts';
import { engineGet, member } from './engine/engine-http.ts';
import { readEngineInfo, type EngineInfo } from './engine/engine-info.ts';
import { EntrypointSandbox } from './container/entrypoint-sandbox.ts';
import type { Mount } from './base/host-base.ts';
import { Leftovers } from './container/leftovers.ts';
import { codeFolder, makeFolders, makeReadable, sandboxSocket, type ContainerFolders } from './code/folders.ts';
import { firstWord, startContainer, type Started, type UndoStep } from './container/start-container.ts';

/** Concurrent creations; the engine serializes more. */
const CREATIONS = 4;
/** Time-outs of listing containers and of a pull (ms). */
const LIST_MS = 60_000;
const PULL_MS = 120_000;

export interface DockerDriverOptions extends BroughtFiles {
  /** The engine's socket, as `probeDocker` found it. */
  readonly socketPath: string;
  /** `LAM_HOME`; its id labels what belongs to this daemon and its successors in the same home. */
  readonly home: string;
  readonly artifacts: ArtifactSource;
  readonly clock?: Clock;
  /** Time-out of a pull (ms). */
  readonly pullLimitMs?: number;
}

/**
 * Opens the driver for a local Docker engine. Rejects with `LAM_DRIVER_DOCKER_UNREACHABLE` or
 * `LAM_DRIVER_DOCKER_DENIED`. Loads dockerode on first use.
 */
export async function openDockerDriver(options: DockerDriverOptions): Promise<SandboxDriver> {
  const clock = options.clock ?? systemClock;
  const info = await readEngineInfo(options.socketPath).catch((thrown: unknown) => {
    throw dockerError(thrown, { socketPath: options.socketPath, functionName: '', image: null });
  });
  const folders = await makeFolders(options.home);
  const dial = new DialHome(clock);
  return new DockerDriver({ options, clock, info, folders, dial, homeId: homeId(options.home) });
}

interface DockerDriverParts {
  readonly options: DockerDriverOptions;
  readonly clock: Clock;
  readonly info: EngineInfo;
  readonly folders: ContainerFolders;
  readonly dial: DialHome;
  readonly homeId: string;
}

/** A sandbox being created. */
interface Making {
  readonly spec: SandboxSpec;
  readonly hooks: SessionHooks;
  readonly base: Base;
  readonly undo: UndoStep[];
  /** Host folder of the code; null for a stem. */
  readonly code: string | null;
  /** Only of a stem. */
  readonly codeFolder: CodeFolder | undefined;
}

class DockerDriver implements SandboxDriver {
  readonly name = 'docker';
  readonly gaps: readonly string[];
  readonly #parts: DockerDriverParts;
  readonly #bases: Bases;
  readonly #creations = new Semaphore(CREATIONS);
  readonly #creating = new Set<Promise<Sandbox>>();
  readonly #sandboxes = new Set<Sandbox>();
  readonly #leftovers: Leftovers;
  readonly #ways: Readonly<Record<Protocol, (making: Making) => Promise<Sandbox>>> = {
    frames: (making) => this.#frames(making),
    'runtime-api': (making) => this.#runtimeApi(making),
  };
  /** False once the engine reported that it has no init program; functions in images are then PID 1. */
  #hasInit = true;
  #closed = false;
  #docker: Promise<Docker> | undefined;
  #agent: EngineConnections | undefined;

  constructor(parts: DockerDriverParts) {
    this.#parts = parts;
    this.gaps = parts.info.gaps;
    this.#leftovers = new Leftovers(parts.clock, (reference) => this.#remove(reference));
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

  stemKey({ runtime, limits, network, image }: Omit<SandboxSpec, 'id'>): string | null {
    return stemKeyOf(runtime, [limits, network, image]);
  }

  create(spec: SandboxSpec, hooks: SessionHooks): Promise<Sandbox> {
    const creation = this.#create(spec, hooks);
    this.#creating.add(creation);
    const forget = (): void => void this.#creating.delete(creation);
    creation.then(forget, forget);
    return creation;
  }

  async reclaim(): Promise<Reclaimed> {
    const { options, folders } = this.#parts;
    const filters = encodeURIComponent(JSON.stringify({ label: [`${LABEL.home}=${this.#parts.homeId}`] }));
    try {
      // Usually there is nothing to remove; plain HTTP finds that out without loading dockerode.
      const { body } = await engineGet(options.socketPath, `/containers/json?all=true&filters=${filters}`, LIST_MS);
      const ids = Array.isArray(body) ? body.map((c) => String(member(c, 'Id'))) : [];
      const removals = await Promise.all(ids.map((id) => this.#remove(id)));
      const removed = removals.filter((removal) => removal !== 'unconfirmed');
      const files = await Promise.all([folders.sandboxes, folders.stems].map(emptied));
      return { containers: removed.length, processes: 0, files: files.reduce((sum, count) => sum + count, 0) };
    } catch (thrown) {
      throw this.#translated(thrown, null);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#creating);
    await Promise.all([...this.#sandboxes].map((sandbox) => sandbox.destroy()));
    await this.#leftovers.close();
    this.#parts.dial.close();
    this.#agent?.destroy();
  }

  async #create(spec: SandboxSpec, hooks: SessionHooks): Promise<Sandbox> {
    const { entry } = spec.runtime.descriptor;
    const code = spec.artifact === null ? null : await this.#parts.options.artifacts.ensure(spec.artifact);
    const fault = entry.kind === 'executable' && code !== null ? await checkEntrypoint(code, entry.file) : null;
    const sandbox =
      fault === null
        ? await this.#creations.run(() => this.#make(spec, hooks, code))
        : await this.#failed(spec, hooks, fault);
    this.#sandboxes.add(sandbox);
    return sandbox;
  }

  async #make(spec: SandboxSpec, hooks: SessionHooks, code: string | null, isSecondTry = false): Promise<Sandbox> {
    if (this.#closed)
      throw lamError('LAM_DRIVER_START_FAILED', { function: spec.functionName, reason: 'the driver is closed' });
    const undo: UndoStep[] = [];
    try {
      const base = await this.#bases.find(spec.runtime, spec.image);
      const codeFolder = code === null ? await this.#codeFolder(spec, undo) : undefined;
      const making = { spec, hooks, base, undo, code, codeFolder };
      return await this.#ways[spec.runtime.descriptor.protocol](making);
    } catch (thrown) {
      for (const step of undo.toReversed()) await step();
      if (isSecondTry || !this.#adapt(thrown)) throw this.#translated(thrown, spec);
    }
    return this.#make(spec, hooks, code, true);
  }

  /** Whether a retry may succeed after `thrown`; adapts the driver to what failed. */
  #adapt(thrown: unknown): boolean {
    // A cached image was removed since.
    const isImageGone = isMissing(thrown);
    if (isImageGone) this.#bases.forget();
    const isInitMissing = this.#hasInit && reasonOf(thrown).includes('docker-init');
    if (isInitMissing) this.#hasInit = false;
    return isImageGone || isInitMissing;
  }

  async #frames(making: Making): Promise<Sandbox> {
    const { spec, hooks, undo } = making;
    const { folder, path } = sandboxSocket(this.#parts.folders, spec.id, 'dial.sock');
    undo.push(() => rm(folder, { recursive: true, force: true }));
    await makeReadable(folder);
    const expected = await this.#parts.dial.expect({ id: spec.id, path, hooks });
    undo.push(() => expected.cancel());
    const environment = framesEnvironment({ socket: `${INSIDE.run}/dial.sock`, token: expected.token });
    const started = await this.#start(making, environment, { source: folder, target: INSIDE.run });
    const session = await firstWord(expected.connected, started, this.#parts.clock, spec.functionName);
    session.onFlow = (paused) => started.output.setPaused(paused);
    return this.#sandbox(making, session, started, { folder });
  }

  async #runtimeApi(making: Making): Promise<Sandbox> {
    const { api, folder } = await this.#openApi(making.spec, making.hooks, making.undo);
    const environment = { LAM_API_SOCKET: `${INSIDE.api}/api.sock` };
    const started = await this.#start(making, environment, { source: folder, target: INSIDE.api });
    api.spawned();
    return this.#sandbox(making, api.session, started, { api, folder });
  }

  async #openApi(
    spec: SandboxSpec,
    hooks: SessionHooks,
    undo: UndoStep[],
  ): Promise<{ readonly api: RuntimeApi; readonly folder: string }> {
    const { folder, path } = sandboxSocket(this.#parts.folders, spec.id, 'api.sock');
    undo.push(() => rm(folder, { recursive: true, force: true }));
    await makeReadable(folder);
    const api = await openRuntimeApi({ id: spec.id, listen: { path }, clock: this.#parts.clock }, hooks);
    undo.push(() => api.close());
    return { api, folder };
  }

  /** Code without a valid entry point gets no container, only a session that reports the error. */
  async #failed(spec: SandboxSpec, hooks: SessionHooks, fault: EntrypointError): Promise<Sandbox> {
    const { api, folder } = await this.#openApi(spec, hooks, []);
    api.failInit(fault.errorType, fault.errorMessage);
    const sandbox: EntrypointSandbox = new EntrypointSandbox(spec.id, api.session, async () => {
      this.#sandboxes.delete(sandbox);
      await rm(folder, { recursive: true, force: true });
    });
    return sandbox;
  }

  /** Creates the code folder of a stem. */
  async #codeFolder(spec: SandboxSpec, undo: UndoStep[]): Promise<CodeFolder> {
    const path = codeFolder(this.#parts.folders, spec.id);
    undo.push(() => rm(path, { recursive: true, force: true }));
    return CodeFolder.make(path, this.#parts.clock);
  }

  async #start(making: Making, environment: Readonly<Record<string, string>>, socketMount: Mount): Promise<Started> {
    const { spec, base, undo, codeFolder: stemCode } = making;
    const { clock, info, homeId: owner } = this.#parts;
    return startContainer(await this.#engine(), clock, {
      spec,
      base,
      homeId: owner,
      useDockerInit: !base.isHostBase && this.#hasInit,
      cores: info.cores,
      environment: { ...spec.runtime.descriptor.environment(spec.limits.memoryMiB), ...environment },
      socketMount,
      code: making.code ?? stemCode?.path ?? '',
      undo,
      leftovers: this.#leftovers,
    });
  }

  #sandbox(
    making: Making,
    session: Session,
    started: Started,
    own: { readonly api?: RuntimeApi; readonly folder: string },
  ): Sandbox {
    const { spec, codeFolder: stemCode } = making;
    const { container, output, exited } = started;
    output.pipe((stream, chunk) => session.output(stream, chunk));
    const sandbox: DockerSandbox = new DockerSandbox({
      id: spec.id,
      container,
      session,
      exited,
      clock: this.#parts.clock,
      codeFolder: stemCode,
      artifacts: this.#parts.options.artifacts,
      wantsSigterm: () => own.api?.wantsSigterm() === true,
      onDestroyed: async (removed) => {
        this.#sandboxes.delete(sandbox);
        if (!removed) this.#leftovers.add(container.id);
        output.close();
        await rm(own.folder, { recursive: true, force: true });
        await stemCode?.remove();
      },
    });
    return sandbox;
  }

  async #remove(reference: string): Promise<Removal> {
    const docker = await this.#engine();
    return removeContainer(docker.getContainer(reference), this.#parts.clock);
  }

  #engine(): Promise<Docker> {
    this.#docker ??= this.#load();
    return this.#docker;
  }

  async #load(): Promise<Docker> {
    const { default: Dockerode } = await import('dockerode');
    this.#agent = new EngineConnections();
    // No API version: engines refuse versions too old or too new. `agent` is missing from the types.
    const options = { socketPath: this.#parts.options.socketPath, agent: this.#agent };
    return new Dockerode(options);
  }

  #translated(thrown: unknown, spec: SandboxSpec | null): LamError {
    const { socketPath } = this.#parts.options;
    return dockerError(thrown, { socketPath, functionName: spec?.functionName ?? '', image: spec?.image ?? null });
  }
}

/** Removes the contents of the folder; resolves with the number of entries. */
async function emptied(folder: string): Promise<number> {
  const names = await readdir(folder);
  await Promise.all(names.map((name) => rm(join(folder, name), { recursive: true, force: true })));
  return names.length;
}
