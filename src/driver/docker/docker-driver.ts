import { rm } from 'node:fs/promises';

import { homeId, type Reclaimed } from '../../contract/index.ts';
import { lamError, type LamError } from '../../errors/index.ts';
import { CALLS_URL, DialHome, type SessionHooks } from '../../executor/index.ts';
import { systemClock, type Clock, Semaphore } from '../../kit/index.ts';
import { keptImages, type Runtime } from '../../runtimes/index.ts';
import type {
  ArtifactSource,
  CallDoor,
  EngineImages,
  Sandbox,
  SandboxDriver,
  SandboxSpec,
  VacatedPlace,
} from '../sandbox.ts';
import { stemKeyOf } from '../shared/stem-key.ts';
import { withPlace } from '../shared/with-place.ts';
import { Bases, type BroughtFiles } from './base/bases.ts';
import { engineImages } from './base/engine-images.ts';
import { imageBase, removeImagesBut } from './base/function-images.ts';
import type { Mount } from './base/host-base.ts';
import { CodeFolder } from './code/code-folder.ts';
import { codeFolder, emptied, makeFolders, type ContainerFolders } from './code/folders.ts';
import { findCode, type FoundCode } from './code/found-code.ts';
import { LABEL } from './container/container-spec.ts';
import { removeContainer, type Removal } from './container/docker-sandbox.ts';
import { Leftovers } from './container/leftovers.ts';
import { startContainer, type Started, type UndoStep } from './container/start-container.ts';
import { VacatedContainer } from './container/vacated-container.ts';
import { dockerError, isMissing, reasonOf } from './engine/docker-errors.ts';
import { engineGet, member } from './engine/engine-http.ts';
import { readEngineInfo, type EngineInfo } from './engine/engine-info.ts';
import { LazyEngine } from './engine/lazy-engine.ts';
import { OwnNetwork } from './network/own-network.ts';
import type { ContainerStartContext } from './start/context.ts';
import { failedSandbox } from './start/failed.ts';
import { archiveOn, type Making } from './start/making.ts';
import { WAYS } from './start/ways.ts';

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

class DockerDriver implements SandboxDriver {
  readonly name = 'docker';
  readonly images: EngineImages;
  readonly #parts: DockerDriverParts;
  readonly #engine: LazyEngine;
  readonly #bases: Bases;
  readonly #network: OwnNetwork;
  readonly #creations = new Semaphore(CREATIONS);
  readonly #creating = new Set<Promise<Sandbox>>();
  readonly #sandboxes = new Set<Sandbox>();
  readonly #leftovers: Leftovers;
  readonly #context: ContainerStartContext;
  /** False once the engine reported that it has no init program; functions in images are then PID 1. */
  #hasInit = true;
  #calls: CallDoor['accept'] | undefined;
  #closed = false;

  constructor(parts: DockerDriverParts) {
    this.#parts = parts;
    this.#engine = new LazyEngine(parts.options.socketPath);
    this.#network = new OwnNetwork({
      docker: () => this.#engine.get(),
      homeId: parts.homeId,
      clock: parts.clock,
      isLocalLinux: parts.info.isLocalLinux,
    });
    this.#leftovers = new Leftovers(parts.clock, (reference) => this.#remove(reference));
    this.#bases = new Bases({
      ...parts.options,
      docker: () => this.#engine.get(),
      isLocalLinux: parts.info.isLocalLinux,
      pullLimitMs: parts.options.pullLimitMs ?? PULL_MS,
    });
    this.images = engineImages({
      docker: () => this.#engine.get(),
      socketPath: parts.options.socketPath,
      kept: keptImages(parts.homeId),
      fetch: (name) => this.#bases.fetch(name),
    });
    const calls = (): CallDoor['accept'] | undefined => this.#calls;
    this.#context = {
      artifacts: parts.options.artifacts,
      clock: parts.clock,
      folders: parts.folders,
      dial: parts.dial,
      leftovers: this.#leftovers,
      isLocalLinux: parts.info.isLocalLinux,
      get calls() {
        return calls();
      },
      start: (making, environment, socketMount) => this.#start(making, environment, socketMount),
      onDestroyed: (sandbox) => void this.#sandboxes.delete(sandbox),
    };
  }

  get gaps(): readonly string[] {
    return [...this.#parts.info.gaps, ...this.#network.gaps];
  }

  carryCalls(door: CallDoor): Promise<string> {
    this.#calls = (connection) => door.accept(connection);
    return Promise.resolve(CALLS_URL);
  }

  async prepare(runtime: Runtime, image: string | null): Promise<string | null> {
    // Its version names the image.
    if (runtime.descriptor.entry.kind === 'image') return null;
    const base = await this.#bases.find(runtime, image);
    return base.notice;
  }

  stemKey({ runtime, limits, network, image, layers }: Omit<SandboxSpec, 'id'>): string | null {
    return stemKeyOf(runtime, [limits, network, image, layers]);
  }

  create(spec: SandboxSpec, hooks: SessionHooks, place?: Promise<VacatedPlace | undefined>): Promise<Sandbox> {
    const creation =
      place === undefined
        ? this.#create(spec, hooks)
        : withPlace(spec, place).then((placed) => this.#create(placed, hooks));
    this.#creating.add(creation);
    const forget = (): void => void this.#creating.delete(creation);
    creation.then(forget, forget);
    return creation;
  }

  async removeImages(kept: ReadonlySet<string>): Promise<number> {
    try {
      return await removeImagesBut(await this.#engine.get(), keptImages(this.#parts.homeId), kept);
    } catch (thrown) {
      throw this.#translated(thrown, null);
    }
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
      await this.#reclaimNetworks(filters);
      const files = await Promise.all([folders.sandboxes, folders.stems].map(emptied));
      return { containers: removed.length, processes: 0, files: files.reduce((sum, count) => sum + count, 0) };
    } catch (thrown) {
      throw this.#translated(thrown, null);
    }
  }

  async #reclaimNetworks(filters: string): Promise<void> {
    const { body } = await engineGet(this.#parts.options.socketPath, `/networks?filters=${filters}`, LIST_MS);
    const ids = Array.isArray(body) ? body.map((network) => String(member(network, 'Id'))) : [];
    if (ids.length > 0) await this.#network.reclaim(ids);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#creating);
    await Promise.all([...this.#sandboxes].map((sandbox) => sandbox.destroy()));
    await this.#leftovers.close();
    await this.#network.close();
    this.#parts.dial.close();
    this.#engine.close();
    await rm(this.#parts.folders.hosts, { force: true });
  }

  async #create(spec: SandboxSpec, hooks: SessionHooks): Promise<Sandbox> {
    const { found, fault } = await findCode(this.#parts.options.artifacts, spec);
    const sandbox =
      fault === null
        ? await this.#creations.run(() => this.#make(spec, hooks, found))
        : await failedSandbox(this.#context, spec, hooks, fault);
    this.#sandboxes.add(sandbox);
    return sandbox;
  }

  async #make(spec: SandboxSpec, hooks: SessionHooks, found: FoundCode, isSecondTry = false): Promise<Sandbox> {
    if (this.#closed)
      throw lamError('LAM_DRIVER_START_FAILED', { function: spec.functionName, reason: 'the driver is closed' });
    const undo: UndoStep[] = [];
    try {
      const base =
        (await imageBase(spec, found.code, () => this.#engine.get(), this.#bases)) ??
        (await this.#bases.find(spec.runtime, spec.image, found.hasExtensions));
      const codeFolder = found.code === null ? await this.#codeFolder(spec, undo) : undefined;
      const archive = archiveOn(base, this.#parts.options.artifacts, spec);
      const left = spec.place instanceof VacatedContainer ? spec.place : undefined;
      const making = { spec, hooks, base, undo, ...found, codeFolder, archive, left };
      return await WAYS[spec.runtime.descriptor.protocol](this.#context, making);
    } catch (thrown) {
      for (const step of undo.toReversed()) await step();
      const { place, ...fresh } = spec;
      // A new container can do what one could not that was kept.
      if (place !== undefined) return place.discard().then(() => this.#make(fresh, hooks, found));
      if (isSecondTry || !this.#adapt(thrown)) throw this.#translated(thrown, spec);
    }
    return this.#make(spec, hooks, found, true);
  }

  /** Whether a retry may succeed after `thrown`; adapts the driver to what failed. */
  #adapt(thrown: unknown): boolean {
    // A cached image or the network was removed since.
    const isGone = isMissing(thrown);
    if (isGone) {
      this.#bases.forget();
      this.#network.forget();
    }
    const isInitMissing = this.#hasInit && reasonOf(thrown).includes('docker-init');
    if (isInitMissing) this.#hasInit = false;
    return isGone || isInitMissing;
  }

  /** Creates the code folder of a stem. */
  async #codeFolder(spec: SandboxSpec, undo: UndoStep[]): Promise<CodeFolder> {
    const path = codeFolder(this.#parts.folders, spec.id);
    undo.push(() => rm(path, { recursive: true, force: true }));
    return CodeFolder.make(path, this.#parts.clock);
  }

  async #start(making: Making, environment: Readonly<Record<string, string>>, socketMount: Mount): Promise<Started> {
    const { spec, base, undo, codeFolder: stemCode, left } = making;
    const { clock, info, homeId: owner } = this.#parts;
    if (left !== undefined) {
      undo.push(() => left.free());
      return left.start();
    }
    return startContainer(await this.#engine.get(), clock, {
      spec,
      base,
      homeId: owner,
      useDockerInit: !base.isHostBase && this.#hasInit,
      cores: info.cores,
      network: await this.#network.nameFor(spec.network),
      environment,
      socketMount,
      archive: making.archive,
      code: making.code ?? stemCode?.path ?? '',
      layers: making.layers,
      hosts: this.#parts.folders.hosts,
      entryRoot: making.entryRoot,
      undo,
      leftovers: this.#leftovers,
    });
  }

  async #remove(reference: string): Promise<Removal> {
    const docker = await this.#engine.get();
    return removeContainer(docker.getContainer(reference), this.#parts.clock);
  }

  #translated(thrown: unknown, spec: SandboxSpec | null): LamError {
    const { socketPath } = this.#parts.options;
    return dockerError(thrown, { socketPath, functionName: spec?.functionName ?? '', image: spec?.image ?? null });
  }
}
