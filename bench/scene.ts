import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine } from './floors/engine.ts';
import { GLAMBDAR, startGlambdarShape } from './floors/glambdar.ts';
import { HELLO, LOGGING } from './lam/functions.ts';
import { Lam, type DriverName, type LamCommand } from './lam/lam.ts';
import { BODY, peerTarget, type Target } from './load/target.ts';
import type { Peer } from './options.ts';
import { Placement } from './placement.ts';
import { startServer } from './processes.ts';

export interface SceneOptions {
  readonly command: LamCommand;
  readonly peers: readonly Peer[];
  /** Few rounds. */
  readonly quick: boolean;
  /** Leaves out glambdar-shape and measures only compared with it. */
  readonly floorsOnly: boolean;
}

/** A server that takes part in the warm rows. */
export interface Contestant {
  readonly name: string;
  readonly target: Target;
  /** Its processes; empty if unknown, in which case they are not pinned. */
  readonly pids: readonly number[];
}

/** Servers that rows share, started on first use and ended together. */
export class Scene {
  readonly quick: boolean;
  readonly floorsOnly: boolean;
  readonly command: LamCommand;
  readonly peers: readonly Peer[];
  readonly placement = new Placement();
  readonly folder: string;
  /** Shared servers by name, from their first use on. */
  readonly #shared = new Map<string, Promise<unknown>>();
  /** Clean-up functions in order of the starts; run in reverse. */
  readonly #ends: (() => Promise<void>)[] = [];
  #isOver = false;

  private constructor(options: SceneOptions, folder: string) {
    this.quick = options.quick;
    this.floorsOnly = options.floorsOnly;
    this.command = options.command;
    this.peers = options.peers;
    this.folder = folder;
  }

  static async open(options: SceneOptions): Promise<Scene> {
    return new Scene(options, await mkdtemp(join(tmpdir(), 'lam-bench-')));
  }

  /** How often to do something: `full` times, or in a quick run a few times. */
  rounds(full: number, quick = 3): number {
    return this.quick ? Math.min(full, quick) : full;
  }

  /**
   * The lam that the rows of a driver share, with the functions `hello` and `logging`. Throws {@link NotRun} without an
   * engine.
   */
  lam(driver: DriverName): Promise<Lam> {
    return this.shared(`lam ${driver}`, async () => {
      if (driver === 'docker') await this.engine();
      const lam = await this.own(driver);
      await lam.deploy('hello', HELLO);
      await lam.deploy('logging', LOGGING);
      return lam;
    });
  }

  /** A lam of a row's own, running or only prepared; ended with the scene at the latest. */
  async own(driver: DriverName, startIt = true): Promise<Lam> {
    const lam = await Lam.prepare(this.command, driver);
    await this.#keep(() => lam.dispose());
    if (startIt) await lam.startDaemon();
    return lam;
  }

  /** Throws {@link NotRun} when none answers. */
  engine(): Promise<Engine> {
    return this.shared('engine', () => Engine.require());
  }

  /** The least a Node server can do. */
  floor(): Promise<Contestant> {
    return this.shared('floor', async () => {
      const server = await startServer(join(import.meta.dirname, 'floors', 'static-server.ts'));
      await this.#keep(() => server.stop());
      return { name: 'floor', target: local(Number(server.address)), pids: [server.pid] };
    });
  }

  /** The baseline in the shape of Glambdar, or undefined if only floors are compared. */
  glambdar(): Promise<(Contestant & { readonly note: string }) | undefined> {
    if (this.floorsOnly) return Promise.resolve(undefined);
    return this.shared('glambdar', async () => {
      const shape = await startGlambdarShape(join(this.folder, 'glambdar'), () => this.lam('docker'));
      await this.#keep(() => shape.stop());
      return { name: GLAMBDAR, target: local(shape.port), pids: shape.pids, note: shape.note };
    });
  }

  others(): readonly Contestant[] {
    return this.peers.map((peer) => ({ name: peer.name, target: peerTarget(peer), pids: [] }));
  }

  /** Ends everything, including what a row still starts meanwhile. */
  async dispose(): Promise<void> {
    this.#isOver = true;
    await Promise.allSettled(this.#shared.values());
    for (const end of this.#ends.splice(0).toReversed()) {
      // A failure to end one must not keep the others running.
      await end().catch((error: unknown) => void process.stderr.write(`could not be ended: ${String(error)}\n`));
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Registers a clean-up function. Calls it at once and rejects if the scene is over. */
  async #keep(end: () => Promise<void>): Promise<void> {
    if (!this.#isOver) {
      this.#ends.push(end);
      return;
    }
    await end();
    throw new Error('the run was ended');
  }

  /** What rows share: made by `start` on first use, by its `name`. */
  shared<T>(name: string, start: () => Promise<T>): Promise<T> {
    let shared = this.#shared.get(name) as Promise<T> | undefined;
    if (shared === undefined) {
      shared = start();
      this.#shared.set(name, shared);
    }
    return shared;
  }
}

function local(port: number): Target {
  return { host: '127.0.0.1', port, path: '/', body: BODY };
}
