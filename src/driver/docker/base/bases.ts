import { Readable } from 'node:stream';

import type Docker from 'dockerode';

import { lamError } from '../../../errors/index.ts';
import type { CodeStart, PinnedImage, Protocol, Runtime } from '../../../runtimes/index.ts';
import { entryCommand } from '../../shared/entry-command.ts';
import { Interpreters } from '../../shared/interpreters.ts';
import { INSIDE } from '../container/container-spec.ts';
import { dockerError, isMissing, reasonOf } from '../engine/docker-errors.ts';
import { finished } from './engine-images.ts';
import { planHostBase, type HostBase, type Mount } from './host-base.ts';
import { portableNode } from './portable-node.ts';

/**
 * Program started in front of code on the Runtime API and of code with extensions: their clients expect TCP, and the
 * daemon's end is a Unix socket.
 */
const RELAY = 'relay.cjs';

const NEEDS_RELAY: Readonly<Record<Protocol, boolean>> = { frames: false, 'runtime-api': true };

/** What a container of one runtime is made from. */
export interface Base {
  readonly image: string;
  readonly isHostBase: boolean;
  /** The interpreter and its version, or the image. */
  readonly interpreter: string;
  /** Returns the command that starts the code of a function, with paths inside the container. */
  command(start: CodeStart): readonly string[];
  /** Starts the relay, which starts the code when it is told to; null where the container starts with the code. */
  readonly relay: readonly string[] | null;
  /** Mounts other than code and sockets. */
  readonly mounts: readonly Mount[];
  /** Folder that the code is started in. */
  readonly directory: string;
  /** Variables of the command, besides those of the sandbox. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether the package is mounted as the code; an image has its code inside. */
  readonly takesCode: boolean;
  /** Notice for the author when an image or version other than the configured one will run. */
  readonly notice: string | null;
}

/** What a base is for. */
interface Wanted {
  readonly runtime: Runtime;
  /** Whether the relay is in front of the code. */
  readonly hasRelay: boolean;
}

/** What all bases have whose code is a package. */
const WITH_CODE = { directory: INSIDE.taskRoot, environment: {}, takesCode: true } as const;

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
   * @param hasExtensions whether layers have external extensions
   */
  async find(runtime: Runtime, image: string | null, hasExtensions = false): Promise<Base> {
    const wanted = { runtime, hasRelay: hasExtensions || NEEDS_RELAY[runtime.descriptor.protocol] };
    if (image === null) return this.#onHost(wanted, null);
    const missing = await this.#once(this.#images, image, () => this.fetch(image));
    if (missing === null) return this.#inImage(wanted, image);
    if (!this.#options.isLocalLinux) throw lamError('LAM_DRIVER_IMAGE_MISSING', { image, reason: missing });
    return this.#onHost(
      wanted,
      `image '${image}' is not present and cannot be pulled (${missing}); the host's own programs are used`,
    );
  }

  /** The base of a function that is an image. `client`: what starts it, null for the relay of the Runtime API. */
  ofImage(pinned: PinnedImage, client: string | null): Base {
    const { command: node, mounts } = portableNode(this.#options.nodeBinary);
    const words = [...pinned.entryPoint, ...pinned.command];
    const ofClient = { LAM_COMMAND: JSON.stringify(words), LAM_DIRECTORY: pinned.workingDirectory };
    return {
      image: pinned.id,
      isHostBase: false,
      interpreter: pinned.id,
      command: () => (client === null ? words : [...node, ...this.#options.nodeArgs, `${INSIDE.assets}/${client}`]),
      relay: client === null ? this.#relayCommand(node) : null,
      mounts: [...this.#brought([client ?? RELAY], true), ...mounts],
      directory: pinned.workingDirectory,
      // As AWS's own images have it.
      environment: { _HANDLER: pinned.command[0] ?? '', ...(client === null ? {} : ofClient) },
      takesCode: false,
      notice: null,
    };
  }

  /** Drops the cache of present images, after the engine reported one missing. */
  forget(): void {
    this.#images.clear();
    this.#hostBase = undefined;
  }

  #inImage(wanted: Wanted, image: string): Base {
    const { entry } = wanted.runtime.descriptor;
    const ownNode = portableNode(this.#options.nodeBinary);
    const node = [...ownNode.command, ...this.#options.nodeArgs];
    const named = entry.kind === 'interpreter' ? entry.interpreter.inImage : null;
    const { assets, needsNode, ...start } = this.#started(wanted, named === null ? node : [named], ownNode.command);
    const isBrought = needsNode || (entry.kind === 'interpreter' && named === null);
    const mounts = [...this.#brought(assets, isBrought), ...(isBrought ? ownNode.mounts : [])];
    return { ...WITH_CODE, ...start, image, isHostBase: false, interpreter: image, mounts, notice: null };
  }

  async #onHost(wanted: Wanted, notice: string | null): Promise<Base> {
    const { runtime } = wanted;
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
    const { assets, needsNode, ...start } = this.#started(wanted, found?.command ?? [], [INSIDE.node]);
    const isNode = entry.kind === 'interpreter' && entry.interpreter.kind === 'lam-node';
    return {
      ...WITH_CODE,
      image: host.tag,
      ...start,
      isHostBase: true,
      interpreter: `${found?.command[0]} ${found?.version}`,
      mounts: [
        ...host.mounts,
        ...(found?.folders ?? []).map((path) => ({ source: path, target: path })),
        ...this.#brought(assets, needsNode || isNode),
      ],
      notice: notice ?? found?.notice ?? null,
    };
  }

  /**
   * The start commands and the mounts they need: lam's assets by name, and lam's Node. `node`: the command that starts
   * that Node.
   */
  #started(
    { runtime, hasRelay }: Wanted,
    interpreter: readonly string[],
    node: readonly string[],
  ): Pick<Base, 'command' | 'relay'> & { readonly assets: readonly string[]; readonly needsNode: boolean } {
    const { entry } = runtime.descriptor;
    const command = (start: CodeStart): readonly string[] =>
      entryCommand(entry, { interpreter, assets: INSIDE.assets, ...start });
    const clients = entry.kind === 'interpreter' && entry.client !== null ? [entry.client] : [];
    return hasRelay
      ? { command, relay: this.#relayCommand(node), assets: [...clients, RELAY], needsNode: true }
      : { command, relay: null, assets: clients, needsNode: false };
  }

  #relayCommand(node: readonly string[]): readonly string[] {
    // It only copies bytes: a small heap and no compiler threads leave the memory to the function.
    const flags =
      this.#options.nodeArgs.length === 0 ? ['--max-old-space-size=16', '--single-threaded'] : this.#options.nodeArgs;
    return [...node, ...flags, `${INSIDE.assets}/${RELAY}`];
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
  async fetch(image: string): Promise<string | null> {
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

/** Whether the engine has the image. */
export async function isPresent(docker: Docker, image: string): Promise<boolean> {
  try {
    await docker.getImage(image).inspect();
    return true;
  } catch (thrown) {
    if (isMissing(thrown)) return false;
    throw thrown;
  }
}
