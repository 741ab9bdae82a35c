import { chmod, mkdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { basename, join } from 'node:path';
import { homeId } from '../../src/contract/index.ts';
import type { Lam } from '../lam/lam.ts';
import type { Engine } from './engine.ts';

/** The settings of an inspected container that a similar one is created from. */
interface Inspected {
  readonly Config: {
    readonly Image: string;
    readonly User: string;
    readonly WorkingDir: string;
    readonly Env: readonly string[];
    readonly NetworkDisabled?: boolean;
    readonly Entrypoint: readonly string[];
    readonly Cmd: readonly string[] | null;
  };
  readonly HostConfig: Readonly<Record<string, unknown>> & { readonly Mounts: readonly Mount[] };
}

interface Mount {
  readonly Type: string;
  readonly Source: string;
  readonly Target: string;
  readonly ReadOnly: boolean;
}

/** Settings of the host's side that make one container like another. */
const ALIKE = [
  'ReadonlyRootfs',
  'CapDrop',
  'SecurityOpt',
  'Memory',
  'MemorySwap',
  'NanoCpus',
  'PidsLimit',
  'Ulimits',
  'Tmpfs',
  'NetworkMode',
  'LogConfig',
];

/** Where lam's sandboxes find its socket. */
const RUN = '/lam/run';

/**
 * Create settings of lam's own container, to create similar ones: same image, mounts, limits and network, but another
 * program, and another folder in place of lam's socket folder.
 */
export class ContainerPattern {
  readonly #inspected: Inspected;

  private constructor(inspected: Inspected) {
    this.#inspected = inspected;
  }

  /** Reads it from a running sandbox of `functionName`. */
  static async of(engine: Engine, lam: Lam, functionName: string): Promise<ContainerPattern> {
    const label = [`lam.home=${homeId(lam.home)}`];
    const filters = encodeURIComponent(JSON.stringify({ label, status: ['running'] }));
    const listed = (await engine.ask('GET', `/containers/json?filters=${filters}`)) as readonly {
      readonly Id: string;
      readonly Labels: Readonly<Record<string, string>>;
    }[];
    // A stem has no function in its labels.
    const found = listed.find((c) => c.Labels['lam.function'] === functionName) ?? listed[0];
    if (found === undefined) throw new Error(`no container of lam runs, although '${functionName}' was invoked`);
    return new ContainerPattern((await engine.ask('GET', `/containers/${found.Id}/json`)) as Inspected);
  }

  /** Whether its containers have no network at all. */
  get isNetworkDisabled(): boolean {
    return this.#inspected.Config.NetworkDisabled === true;
  }

  /** The create request of a container that runs `code` in Node. `folder`: what it sees at {@link RUN}. */
  createRequest(
    code: string,
    folder: string,
    overrides: Readonly<Record<string, unknown>> = {},
  ): Readonly<Record<string, unknown>> {
    const { Config, HostConfig } = this.#inspected;
    const words = [...Config.Entrypoint, ...(Config.Cmd ?? [])];
    const node = words.find((word) => basename(word) === 'node') ?? 'node';
    const mounts = HostConfig.Mounts.map((mount) => (mount.Target === RUN ? { ...mount, Source: folder } : mount));
    return {
      Image: Config.Image,
      User: Config.User,
      WorkingDir: Config.WorkingDir,
      Env: Config.Env,
      NetworkDisabled: Config.NetworkDisabled ?? false,
      Entrypoint: [node, '-e', code],
      Cmd: [],
      HostConfig: { ...Object.fromEntries(ALIKE.map((key) => [key, HostConfig[key]])), Mounts: mounts, ...overrides },
    };
  }
}

const CONNECTS = `require('node:net').connect('${RUN}/floor.sock')`;

/** The floor of a container start: create, start, and Node in the container connects to a Unix socket of the host. */
export class ContainerFloor {
  readonly #engine: Engine;
  readonly #pattern: ContainerPattern;
  readonly #folder: string;
  readonly #server: Server;
  #connected: () => void = () => undefined;

  private constructor(engine: Engine, pattern: ContainerPattern, folder: string) {
    this.#engine = engine;
    this.#pattern = pattern;
    this.#folder = folder;
    this.#server = createServer((socket) => {
      socket.on('error', () => undefined);
      this.#connected();
    });
  }

  /** Creates `folder`, readable for containers of any user, and listens in it. */
  static async open(engine: Engine, pattern: ContainerPattern, folder: string): Promise<ContainerFloor> {
    await mkdir(folder, { recursive: true, mode: 0o755 });
    const floor = new ContainerFloor(engine, pattern, folder);
    const path = join(folder, 'floor.sock');
    await new Promise<void>((resolve, reject) => {
      floor.#server.once('error', reject);
      floor.#server.listen(path, resolve);
    });
    await chmod(path, 0o777);
    return floor;
  }

  /** From the create request to the connection, ms. The container is gone when this resolves. */
  async coldStart(limitMs = 20_000): Promise<number> {
    const request = this.#pattern.createRequest(CONNECTS, this.#folder);
    const connected = Promise.withResolvers<number>();
    const limit = setTimeout(
      () => connected.reject(new Error(`the bare container did not connect within ${limitMs / 1000} s`)),
      limitMs,
    );
    this.#connected = () => connected.resolve(performance.now());
    const began = performance.now();
    const { Id } = (await this.#engine.ask('POST', '/containers/create', request)) as { readonly Id: string };
    try {
      await this.#engine.ask('POST', `/containers/${Id}/start`);
      return (await connected.promise) - began;
    } finally {
      clearTimeout(limit);
      connected.promise.catch(() => undefined);
      await this.#engine.remove(Id);
    }
  }

  async close(): Promise<void> {
    this.#server.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
