import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { homeId, LIMITS, type Reclaimed } from '../../contract/index.ts';
import { isLamError, lamError, messageOf } from '../../errors/index.ts';
import { checkEntrypoint, DialHome, openRuntimeApi, type RuntimeApi, type SessionHooks } from '../../executor/index.ts';
import { systemClock, type Clock } from '../../kit/index.ts';
import type { Protocol, Runtime } from '../../runtimes/index.ts';
import type { ArtifactSource, Sandbox, SandboxDriver, SandboxSpec } from '../sandbox.ts';
import { entryCommand } from '../shared/entry-command.ts';
import { stemKeyOf } from '../shared/stem-key.ts';
import type { Cgroup, CgroupTree } from './cgroup.ts';
import { dialFolder } from './dial-path.ts';
import { framesEnvironment, runtimeApiEnvironment } from '../shared/environment.ts';
import { processGaps } from './gaps.ts';
import { Interpreters } from '../shared/interpreters.ts';
import { commandLine, detectLauncher, guessLauncher, type Launcher } from './launch.ts';
import { LoopbackAddresses } from './loopback-addresses.ts';
import { MemoryWatch } from './memory-watch.ts';
import { openCgroups } from './open-cgroups.ts';
import { processEnvironment } from './process-environment.ts';
import { ProcessSandbox } from './process-sandbox.ts';
import { endOwnedProcesses } from './reclaim.ts';
import { RunningProcess } from './running-process.ts';

/** Delay of the launcher's trial after opening (ms). */
const TRIAL_MS = 200;

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
  return new ProcessDriver({
    options,
    clock,
    homeId: id,
    folder,
    dial: new DialHome(clock),
    dialsIn,
    cgroups: options.cgroups === false ? undefined : openCgroups(id),
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
}

/** What a sandbox occupies on this machine, also before its process starts. */
interface Allocation {
  readonly spec: SandboxSpec;
  readonly hooks: SessionHooks;
  readonly folder: string;
  readonly tmp: string;
  /** Host folder of the code; of a stem its own folder. */
  readonly taskRoot: string;
  readonly cgroup: Cgroup | undefined;
}

class ProcessDriver implements SandboxDriver {
  readonly name = 'process';
  readonly #parts: ProcessDriverParts;
  /** A guess until the trial has finished. */
  #launcher: Launcher = guessLauncher();
  #launcherTried: Promise<void> | undefined;
  readonly #cancelTrial: () => void;
  readonly #interpreters: Interpreters;
  readonly #memoryWatch: MemoryWatch;
  readonly #addresses = new LoopbackAddresses();
  readonly #creating = new Set<Promise<Sandbox>>();
  readonly #sandboxes = new Set<Sandbox>();
  readonly #ways: Readonly<Record<Protocol, (allocation: Allocation) => Promise<Sandbox>>> = {
    frames: (allocation) => this.#frames(allocation),
    'runtime-api': (allocation) => this.#runtimeApi(allocation),
  };
  #closed = false;

  constructor(parts: ProcessDriverParts) {
    this.#parts = parts;
    // The trial starts a process: delayed past the daemon's start, and usually done before the first cold start.
    this.#cancelTrial = parts.clock.after(TRIAL_MS, () => void this.#tryLauncher());
    this.#interpreters = new Interpreters(parts.options.nodeCommand);
    this.#memoryWatch = new MemoryWatch(parts.clock);
  }

  get gaps(): readonly string[] {
    return processGaps({
      platform: process.platform,
      isRoot: process.getuid?.() === 0,
      controllers: this.#parts.cgroups?.controllers,
      launcher: this.#launcher,
    });
  }

  #tryLauncher(): Promise<void> {
    this.#launcherTried ??= detectLauncher().then((found) => {
      this.#launcher = found;
    });
    return this.#launcherTried;
  }

  async prepare({ descriptor: { entry }, version }: Runtime): Promise<string | null> {
    return entry.kind === 'executable' ? null : (await this.#interpreters.find(entry.interpreter, version)).notice;
  }

  stemKey({ runtime, limits }: Omit<SandboxSpec, 'id'>): string | null {
    return stemKeyOf(runtime, [limits]);
  }

  create(spec: SandboxSpec, hooks: SessionHooks): Promise<Sandbox> {
    const creation = this.#create(spec, hooks);
    this.#creating.add(creation);
    const forget = (): void => void this.#creating.delete(creation);
    creation.then(forget, forget);
    return creation;
  }

  async #create(spec: SandboxSpec, hooks: SessionHooks): Promise<Sandbox> {
    if (this.#closed)
      throw lamError('LAM_DRIVER_START_FAILED', { function: spec.functionName, reason: 'the driver is closed' });
    let allocation: Allocation | undefined;
    try {
      await this.#tryLauncher();
      const code = spec.artifact === null ? null : await this.#parts.options.artifacts.ensure(spec.artifact);
      allocation = this.#allocate(spec, hooks, code);
      const sandbox = await this.#ways[spec.runtime.descriptor.protocol](allocation);
      this.#sandboxes.add(sandbox);
      return sandbox;
    } catch (cause) {
      await allocation?.cgroup?.remove();
      await rm(join(this.#parts.folder, spec.id), { recursive: true, force: true });
      if (isLamError(cause)) throw cause;
      throw lamError('LAM_DRIVER_START_FAILED', { function: spec.functionName, reason: messageOf(cause) }, cause);
    }
  }

  async reclaim(): Promise<Reclaimed> {
    const processes = await endOwnedProcesses(this.#parts);
    const members = (await this.#parts.cgroups?.reclaim()) ?? 0;
    const left = await readdir(this.#parts.folder);
    await Promise.all(left.map((name) => rm(join(this.#parts.folder, name), { recursive: true, force: true })));
    return { containers: 0, processes: processes + members, files: left.length };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTrial();
    await Promise.all([...this.#sandboxes].map((sandbox) => sandbox.destroy()));
    // Closing the listener fails the boots in progress.
    this.#parts.dial.close();
    await Promise.allSettled(this.#creating);
    await Promise.all([...this.#sandboxes].map((sandbox) => sandbox.destroy()));
    await this.#parts.cgroups?.close();
  }

  #allocate(spec: SandboxSpec, hooks: SessionHooks, code: string | null): Allocation {
    const folder = join(this.#parts.folder, spec.id);
    const tmp = join(folder, 'tmp');
    mkdirSync(tmp, { recursive: true, mode: 0o700 });
    const share = code === null ? 'small' : 'usual';
    return {
      spec,
      hooks,
      folder,
      tmp,
      taskRoot: code ?? folder,
      cgroup: this.#parts.cgroups?.create(spec.id, spec.limits, share),
    };
  }

  /** Returns the command that starts the code. */
  async #commandOf({ spec, taskRoot }: Allocation): Promise<readonly string[]> {
    const { version, descriptor } = spec.runtime;
    const { entry } = descriptor;
    const interpreter =
      entry.kind === 'executable' ? [] : (await this.#interpreters.find(entry.interpreter, version)).command;
    return entryCommand(entry, { interpreter, assets: this.#parts.options.assetsDir, taskRoot });
  }

  async #frames(allocation: Allocation): Promise<Sandbox> {
    const { spec } = allocation;
    const command = await this.#commandOf(allocation);
    const path = join(this.#parts.dialsIn, spec.id);
    const expected = await this.#parts.dial.expect({ id: spec.id, path, hooks: allocation.hooks });
    try {
      const environment = framesEnvironment({ socket: path, token: expected.token });
      const running = await this.#start(allocation, command, environment);
      const failed = running.ended.then((end) => {
        const how = end.signal === null ? `exit status ${end.code}` : `signal ${end.signal}`;
        throw lamError('LAM_DRIVER_START_FAILED', {
          function: spec.functionName,
          reason: [`${how} before it was ready`, running.complaint()].filter(Boolean).join(': '),
        });
      });
      failed.catch(() => undefined);
      let cancelTimeout = (): void => undefined;
      const late = new Promise<never>((_resolve, reject) => {
        const slow = `it was not ready within ${LIMITS.initMs / 1000} s`;
        cancelTimeout = this.#parts.clock.after(LIMITS.initMs, () =>
          reject(lamError('LAM_DRIVER_START_FAILED', { function: spec.functionName, reason: slow })),
        );
      });
      try {
        const session = await Promise.race([expected.connected, failed, late]);
        session.onFlow = (paused) => running.setFlow(paused);
        return this.#sandbox(allocation, session, { running });
      } catch (error) {
        running.kill('SIGKILL');
        await running.ended;
        throw error;
      } finally {
        cancelTimeout();
      }
    } finally {
      expected.cancel();
    }
  }

  async #runtimeApi(allocation: Allocation): Promise<Sandbox> {
    const { spec } = allocation;
    const { entry } = spec.runtime.descriptor;
    const refused = entry.kind === 'executable' ? await checkEntrypoint(allocation.taskRoot, entry.file) : null;
    const command = await this.#commandOf(allocation);
    const api = await this.#openApi(allocation);
    if (refused !== null) {
      api.failInit(refused.errorType, refused.errorMessage);
      return this.#sandbox(allocation, api.session, { api });
    }
    try {
      const address = 'path' in api.address ? '' : `${api.address.host}:${api.address.port}`;
      const environment = { ...spec.environment, ...runtimeApiEnvironment({ address, taskRoot: allocation.taskRoot }) };
      const running = await this.#start(allocation, command, environment);
      api.spawned();
      return this.#sandbox(allocation, api.session, { api, running });
    } catch (error) {
      api.close();
      throw error;
    }
  }

  async #openApi(allocation: Allocation): Promise<RuntimeApi> {
    const tries = 8;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await openRuntimeApi(
          { id: allocation.spec.id, listen: this.#addresses.next(), clock: this.#parts.clock },
          allocation.hooks,
        );
      } catch (error) {
        // The address may be taken by another program.
        if (attempt === tries) throw error;
      }
    }
  }

  #start(
    allocation: Allocation,
    command: readonly string[],
    environment: Readonly<Record<string, string>>,
  ): Promise<RunningProcess> {
    const { homeId: owner } = this.#parts;
    const { spec } = allocation;
    const [program = '', ...args] = commandLine(this.#launcher, {
      command,
      joins: allocation.cgroup?.joins ?? [],
      fileMiB: spec.limits.tmpMiB,
    });
    const child = spawn(program, args, {
      cwd: allocation.taskRoot,
      env: processEnvironment({ spec, tmp: allocation.tmp, homeId: owner, own: environment }),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new Promise((resolve, reject) => {
      const { pid } = child;
      if (pid === undefined) child.once('error', reject);
      else {
        child.on('error', () => undefined);
        resolve(new RunningProcess(child, pid, this.#parts.clock));
      }
    });
  }

  #sandbox(
    allocation: Allocation,
    session: Sandbox['session'],
    life: { running?: RunningProcess; api?: RuntimeApi },
  ): Sandbox {
    const sandbox: Sandbox = new ProcessSandbox({
      id: allocation.spec.id,
      session,
      taskRoot: allocation.taskRoot,
      isStem: allocation.spec.artifact === null,
      artifacts: this.#parts.options.artifacts,
      folder: allocation.folder,
      memoryMiB: allocation.spec.limits.memoryMiB,
      cgroup: allocation.cgroup,
      memoryWatch: this.#memoryWatch,
      clock: this.#parts.clock,
      process: life.running,
      wantsSigterm: () => life.api?.wantsSigterm() === true,
      onDestroyed: () => this.#sandboxes.delete(sandbox),
    });
    return sandbox;
  }
}
