import { Readable } from 'node:stream';

import type Docker from 'dockerode';

import { lamError } from '../../../errors/index.ts';
import type { Protocol, Runtime } from '../../../runtimes/index.ts';
import { entryCommand } from '../../shared/entry-command.ts';
import { Interpreters } from '../../shared/interpreters.ts';
import { INSIDE } from '../container/container-spec.ts';
import { dockerError, isMissing, reasonOf } from '../engine/docker-errors.ts';
import { planHostBase, type HostBase, type Mount } from './host-base.ts';

/**
 * Program started in front of the code, by protocol: clients of the Runtime API expect TCP, and the daemon's end is a
 * Unix socket.
 */
const IN_FRONT: Readonly<Record<Protocol, { readonly relay: string | null }>> = {
  frames: { relay: null },
  'runtime-api': { relay: 'relay.cjs' },
};

/** What a container of one runtime is made from. */
export interface Base {
  readonly image: string;
  readonly isHostBase: boolean;
  /** The start command, with paths inside the container. */
  readonly command: readonly string[];
  /** Mounts other than code and sockets. */
  readonly mounts: readonly Mount[];
  /** Notice for the author when an image or version other than the configured one will run. */
  readonly notice: string | null;
}

/** Files of the host that are mounted into containers. */
export interface BroughtFiles {
  /** The program that runs Node code, lam's own Node or the single binary, and its first arguments. */
  readonly nodeBinary: string;
  readonly nodeArgs: readonly string[];
  /** Folder with the clients that descriptors name, and `relay.cjs`. */
  readonly assetsDir: string;
}

export interface BasesOptions extends BroughtFiles {
  readonly docker: () => Promise<Docker>;
  readonly socketPath: string;
  readonly isLocalLinux: boolean;
  readonly pullLimitMs: number;
}

/**
 * Finds the base of a runtime's containers: the configured image if it is present or can be pulled, else the host base.
 */
export class Bases {
  readonly #options: BasesOptions;
  readonly #interpreters: Interpreters;
  readonly #images = new Map<string, Promise<string | null>>();
  #hostBase: Promise<HostBase> | undefined;

  constructor(options: BasesOptions) {
    this.#options = options;
    this.#interpreters = new Interpreters([INSIDE.node, ...options.nodeArgs]);
  }

  /**
   * Throws `LAM_DRIVER_IMAGE_MISSING`, `LAM_DRIVER_NO_BASE`, `LAM_DRIVER_RUNTIME_MISSING`, or the engine's failure.
   * Failures are not cached.
   */
  async find(runtime: Runtime, image: string | null): Promise<Base> {
    if (image === null) return this.#onHost(runtime, null);
    const missing = await this.#once(this.#images, image, () => this.#fetch(image));
    if (missing === null) return this.#inImage(runtime, image);
    if (!this.#options.isLocalLinux) throw lamError('LAM_DRIVER_IMAGE_MISSING', { image, reason: missing });
    return this.#onHost(
      runtime,
      `image '${image}' is not present and cannot be pulled (${missing}); the host's own programs are used`,
    );
  }

  /** Drops the cache of present images, after the engine reported one missing. */
  forget(): void {
    this.#images.clear();
    this.#hostBase = undefined;
  }

  #inImage(runtime: Runtime, image: string): Base {
    const { entry } = runtime.descriptor;
    const interpreter = entry.kind === 'interpreter' ? [entry.interpreter.inImage] : [];
    const { command, assets, needsNode } = this.#started(runtime, interpreter);
    return { image, isHostBase: false, command, mounts: this.#brought(assets, needsNode), notice: null };
  }

  async #onHost(runtime: Runtime, notice: string | null): Promise<Base> {
    if (!this.#options.isLocalLinux) {
      throw lamError('LAM_DRIVER_NO_BASE', {
        reason: 'the engine does not run on this machine, so the host\u2019s own programs cannot be used',
      });
    }
    const { entry } = runtime.descriptor;
    const [host, found] = await Promise.all([
      this.#host(),
      entry.kind === 'interpreter' ? this.#interpreters.find(entry.interpreter, runtime.version) : undefined,
    ]);
    const { command, assets, needsNode } = this.#started(runtime, found?.command ?? []);
    const isNode = entry.kind === 'interpreter' && entry.interpreter.kind === 'lam-node';
    return {
      image: host.tag,
      isHostBase: true,
      command,
      mounts: [
        ...host.mounts,
        ...(found?.folders ?? []).map((path) => ({ source: path, target: path })),
        ...this.#brought(assets, needsNode || isNode),
      ],
      notice: notice ?? found?.notice ?? null,
    };
  }

  /** The start command and the mounts it needs: lam's assets by name, and lam's Node. */
  #started(
    { descriptor: { entry, protocol } }: Runtime,
    interpreter: readonly string[],
  ): { readonly command: readonly string[]; readonly assets: readonly string[]; readonly needsNode: boolean } {
    const code = entryCommand(entry, { interpreter, assets: INSIDE.assets, taskRoot: INSIDE.taskRoot });
    const clients = entry.kind === 'interpreter' && entry.client !== null ? [entry.client] : [];
    const { relay } = IN_FRONT[protocol];
    return relay === null
      ? { command: code, assets: clients, needsNode: false }
      : { command: [...this.#relayCommand(relay), ...code], assets: [...clients, relay], needsNode: true };
  }

  #relayCommand(relay: string): readonly string[] {
    // It only copies bytes: a small heap and no compiler threads leave the memory to the function.
    const flags =
      this.#options.nodeArgs.length === 0 ? ['--max-old-space-size=16', '--single-threaded'] : this.#options.nodeArgs;
    return [INSIDE.node, ...flags, `${INSIDE.assets}/${relay}`];
  }

  #brought(assets: readonly string[], withNode: boolean): readonly Mount[] {
    const { assetsDir, nodeBinary } = this.#options;
    const files = assets.map((name) => ({ source: `${assetsDir}/${name}`, target: `${INSIDE.assets}/${name}` }));
    return withNode ? [...files, { source: nodeBinary, target: INSIDE.node }] : files;
  }

  #host(): Promise<HostBase> {
    this.#hostBase ??= this.#makeHostBase().catch((thrown: unknown) => {
      this.#hostBase = undefined;
      throw dockerError(thrown, { socketPath: this.#options.socketPath, functionName: '', image: null });
    });
    return this.#hostBase;
  }

  async #makeHostBase(): Promise<HostBase> {
    const base = planHostBase();
    const docker = await this.#options.docker();
    if (await isPresent(docker, base.tag)) return base;
    const [repo, tag] = base.tag.split(':');
    const answer = await docker.importImage(Readable.from([base.archive]), { repo, tag });
    await finished(docker, answer);
    return base;
  }

  /** Null when the image is present or was pulled; else the reason. */
  async #fetch(image: string): Promise<string | null> {
    const docker = await this.#options.docker();
    if (await isPresent(docker, image)) return null;
    const limit = AbortSignal.timeout(this.#options.pullLimitMs);
    try {
      await finished(docker, await docker.pull(image, { abortSignal: limit }));
      return null;
    } catch (thrown) {
      return limit.aborted ? `pulling it took longer than ${this.#options.pullLimitMs / 1000} s` : reasonOf(thrown);
    }
  }

  /** Caches that an image is present; a missing one is looked for again. */
  async #once(
    cache: Map<string, Promise<string | null>>,
    key: string,
    make: () => Promise<string | null>,
  ): Promise<string | null> {
    let known = cache.get(key);
    if (known === undefined) {
      known = make();
      cache.set(key, known);
    }
    const value = await known.catch((thrown: unknown) => {
      cache.delete(key);
      throw dockerError(thrown, { socketPath: this.#options.socketPath, functionName: '', image: key });
    });
    if (value !== null) cache.delete(key);
    return value;
  }
}

async function isPresent(docker: Docker, image: string): Promise<boolean> {
  try {
    await docker.getImage(image).inspect();
    return true;
  } catch (thrown) {
    if (isMissing(thrown)) return false;
    throw thrown;
  }
}

/** Waits for the end of a stream of progress reports; rejects with the first error reported. */
function finished(docker: Docker, stream: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve, reject) => {
    docker.modem.followProgress(stream, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
}
