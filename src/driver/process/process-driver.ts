import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { homeId, type Reclaimed } from '../../contract/index.ts';
import { isLamError, lamError, messageOf } from '../../errors/index.ts';
import { DialHome, type SessionHooks } from '../../executor/index.ts';
import { systemClock, type Clock } from '../../kit/index.ts';
import type { Runtime } from '../../runtimes/index.ts';
import type { ArtifactSource, CallDoor, Sandbox, SandboxDriver, SandboxSpec, VacatedPlace } from '../sandbox.ts';
import { hostPlace } from '../shared/host-place.ts';
import { refuseImages } from '../shared/refuse-images.ts';
import { stemKeyOf } from '../shared/stem-key.ts';
import { withPlace } from '../shared/with-place.ts';
import { withAllocation, type AllocationSources } from './allocate.ts';
import type { CgroupTree } from './cgroup.ts';
import { dialFolder } from './dial-path.ts';
import { processGaps } from './gaps.ts';
import { Isolation } from './isolation.ts';
import { MemoryWatch } from './memory-watch.ts';
import { openCgroups } from './open-cgroups.ts';
import { ReadyInterpreters } from './ready-interpreters.ts';
import { endOwnedProcesses } from './reclaim.ts';
import { removeTree } from './remove-tree.ts';
import { RuntimeApis } from './runtime-apis.ts';
import type { ProcessStartContext } from './start/context.ts';
import { WAYS } from './start/ways.ts';

/** Delay after opening until processes are prepared (ms). */
const PREPARE_MS = 200;

/** Options of the process driver. */
export interface ProcessDriverOptions {
  /** `LAM_HOME`; sandboxes have their folders in `run/sb` below it, used by this driver only. */
  readonly home: string;
  /** Program and first arguments that run a Node program, whose path follows. */
  readonly nodeCommand: readonly string[];
  /** Folder with the clients that descriptors name. */
  readonly assetsDir: string;
  readonly artifacts: ArtifactSource;
  readonly clock?: Clock;
  /** False disables cgroups. */
  readonly cgroups?: boolean;
}

/** Opens the driver for plain processes. */
export async function openProcessDriver(options: ProcessDriverOptions): Promise<SandboxDriver> {
  const clock = options.clock ?? systemClock;
  const id = homeId(options.home);
  const folder = join(options.home, 'run', 'sb');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const dialsIn = await dialFolder(options.home);
  const cgroups = options.cgroups === false ? undefined : openCgroups(id);
  const shown = [options.nodeCommand[0] ?? process.execPath, options.assetsDir, options.artifacts.folder];
  return new ProcessDriver({
    options,
    clock,
    homeId: id,
    folder,
    dial: new DialHome(clock),
    dialsIn,
    cgroups,
    isolation: new Isolation({
      home: options.home,
      homeId: id,
      needs: [...shown.map((path) => ({ path, writable: false })), { path: dialsIn, writable: true }],
      cgroups: cgroups !== undefined,
      clock,
    }),
  });
}

interface ProcessDriverParts {
  readonly options: ProcessDriverOptions;
  readonly clock: Clock;
  readonly homeId: string;
  readonly folder: string;
  readonly dial: DialHome;
  /** Folder of the sockets that sandboxes dial. */
  readonly dialsIn: string;
  readonly cgroups: CgroupTree | undefined;
  readonly isolation: Isolation;
}

class ProcessDriver implements SandboxDriver {
  readonly name = 'process';
  readonly #parts: ProcessDriverParts;
  readonly #cancelPreparation: () => void;
  readonly #interpreters: ReadyInterpreters;
  readonly #sources: AllocationSources;
  readonly #context: ProcessStartContext;
  readonly #creating = new Set<Promise<Sandbox>>();
  readonly #sandboxes = new Set<Sandbox>();
  #closed = false;

  constructor(parts: ProcessDriverParts) {
    this.#parts = parts;
    // It starts processes: delayed past the daemon's start, and usually done before the first cold start.
    this.#cancelPreparation = parts.clock.after(PREPARE_MS, () => {
      // The next sandbox meets the error.
      parts.isolation.prepare().catch(() => undefined);
    });
    const { options, clock, folder, cgroups, isolation, dial, dialsIn } = parts;
    const { artifacts, assetsDir } = options;
    this.#interpreters = new ReadyInterpreters(options.nodeCommand, assetsDir);
    this.#sources = { artifacts, folder, cgroups, isolation, interpreters: this.#interpreters };
    this.#context = {
      artifacts,
      assetsDir,
      homeId: parts.homeId,
      clock,
      dial,
      dialsIn,
      interpreters: this.#interpreters,
      apis: new RuntimeApis(clock),
      memoryWatch: new MemoryWatch(clock),
      machine: hostPlace(),
      onDestroyed: (sandbox) => void this.#sandboxes.delete(sandbox),
    };
  }

  get gaps(): readonly string[] {
    return processGaps({
      platform: process.platform,
      isRoot: process.getuid?.() === 0,
      controllers: this.#parts.cgroups?.controllers,
      isolation: this.#parts.isolation.facts,
      tellsCallers: this.#context.apis.tellsCallers,
    });
  }

  carryCalls(door: CallDoor): Promise<string> {
    return door.listen();
  }

  async prepare(runtime: Runtime): Promise<string | null> {
    refuseImages(runtime);
    return (await this.#interpreters.find(runtime))?.notice ?? null;
  }

  stemKey({ runtime, limits, layers }: Omit<SandboxSpec, 'id'>): string | null {
    return stemKeyOf(runtime, [limits, layers]);
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

  async #create(spec: SandboxSpec, hooks: SessionHooks): Promise<Sandbox> {
    if (this.#closed)
      throw lamError('LAM_DRIVER_START_FAILED', { function: spec.functionName, reason: 'the driver is closed' });
    refuseImages(spec.runtime);
    try {
      const start = WAYS[spec.runtime.descriptor.protocol];
      const sandbox = await withAllocation(this.#sources, spec, hooks, (allocation) =>
        start(this.#context, allocation),
      );
      this.#sandboxes.add(sandbox);
      return sandbox;
    } catch (cause) {
      if (isLamError(cause)) throw cause;
      throw lamError('LAM_DRIVER_START_FAILED', { function: spec.functionName, reason: messageOf(cause) }, cause);
    }
  }

  removeImages(): Promise<number> {
    return Promise.resolve(0);
  }

  async reclaim(): Promise<Reclaimed> {
    const { homeId: owner, folder, isolation } = this.#parts;
    const { users } = isolation;
    const { processes, surviving } = await endOwnedProcesses({ homeId: owner, folder, users: users?.range });
    users?.withhold(surviving);
    const members = (await this.#parts.cgroups?.reclaim()) ?? 0;
    const left = await readdir(this.#parts.folder);
    await Promise.all(left.map((name) => removeTree(join(this.#parts.folder, name))));
    return { containers: 0, processes: processes + members, files: left.length };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelPreparation();
    await Promise.all([...this.#sandboxes].map((sandbox) => sandbox.destroy()));
    // Closing the listener fails the boots in progress.
    this.#parts.dial.close();
    await Promise.allSettled(this.#creating);
    await Promise.all([...this.#sandboxes].map((sandbox) => sandbox.destroy()));
    await Promise.all([this.#parts.isolation.close(), this.#interpreters.settled()]);
    await this.#parts.cgroups?.close();
  }
}
