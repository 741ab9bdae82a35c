import type { Digest } from '../contract/index.ts';
import { isLamError, lamError } from '../errors/index.ts';
import { nearest, type Clock } from '../kit/index.ts';
import { IMAGE_FILE, UNPACKED_FILE, type PinnedImage, type UnpackedImage } from '../runtimes/index.ts';
import {
  receiveImages,
  storeImage,
  verifyImages,
  writeZip,
  type ImageUpload,
  type KeptImage,
  type Store,
} from '../store/index.ts';

/** What an upload of container images brought. */
export interface ReceivedImages {
  /** `name:tag` of each image; its id for one without a name. */
  readonly names: readonly string[];
  /** Length of the upload (bytes). */
  readonly size: number;
}

/** The code of a function that is a container image, for a version of it. */
export interface ImageCode {
  readonly artifact: Digest;
  readonly runtime: string;
  readonly handler: string;
}

/** What is started of a Lambda image instead of what it says; an entry point drops the image's command, as in Docker. */
export interface ImageStart {
  readonly entryPoint?: readonly string[] | undefined;
  readonly command?: readonly string[] | undefined;
  readonly workingDirectory?: string | undefined;
}

/** Container images: of the Docker engine where the daemon has one, else unpacked and kept by lam. */
export interface ImageOperations {
  /**
   * Takes the images of a tar that `docker save` wrote, all or none of them. Throws `LAM_STORE_IMAGE_INVALID`,
   * `LAM_STORE_IMAGE_DAMAGED`, `LAM_STORE_IMAGE_UNSAFE`, `LAM_STORE_IMAGE_TOO_LARGE`, `LAM_DRIVER_IMAGE_REFUSED`,
   * `LAM_STORE_DISK_FULL` and what reading the body throws. @param tar as it arrives
   */
  receive(tar: AsyncIterable<Uint8Array>): Promise<ReceivedImages>;
  /** `name:tag` of all images, sorted. */
  list(): Promise<readonly string[]>;
  /**
   * Removes the name of an image that lam keeps; functions that run it stay as they are. Throws
   * `LAM_OPERATIONS_IMAGE_NOT_FOUND`, and `LAM_OPERATIONS_IMAGE_OF_ENGINE` for one of an engine.
   */
  remove(name: string): Promise<void>;
  /**
   * The code of a function that runs an image once per invocation, with the event on its standard input. Throws
   * `LAM_OPERATIONS_IMAGE_NOT_FOUND`, `LAM_OPERATIONS_IMAGE_NO_COMMAND`, or what the engine's part throws.
   */
  codeOf(name: string): Promise<ImageCode>;
  /**
   * The code of a function that runs a Lambda image, on the Runtime API, with the engine's id of it. Throws
   * `LAM_DRIVER_NEEDS_DOCKER` without an engine, and what {@link codeOf} throws.
   */
  lambdaCodeOf(name: string, start: ImageStart): Promise<ImageCode & { readonly id: string }>;
}

/** The images of a container engine, see `EngineImages` of the drivers. */
export interface ImageEngine {
  load(file: string): Promise<void>;
  names(): Promise<readonly string[]>;
  keep(name: string): Promise<PinnedImage>;
}

/** Rooms that these operations use. */
export interface ImageRooms {
  readonly store: Pick<Store, 'paths' | 'artifacts' | 'images'>;
  /** Undefined where functions run without a container engine. */
  readonly imageEngine?: ImageEngine | undefined;
  readonly clock: Clock;
}

/** As `stat` has it. */
const FILE_MODE = 0o100644;

/** Implements {@link ImageOperations}. */
export function imageOperations({ store, imageEngine: engine, clock }: ImageRooms): ImageOperations {
  const { paths, artifacts, images } = store;
  const take = async (upload: ImageUpload): Promise<void> => {
    if (engine !== undefined) {
      // The engine would keep the sound layers of a damaged image.
      await verifyImages(upload);
      await engine.load(upload.file);
      return;
    }
    const kept: Record<string, KeptImage> = {};
    for (const image of upload.images) {
      const { id, architecture, program } = image;
      const unpacked: UnpackedImage = { id, architecture, ...program };
      const extra = { path: UNPACKED_FILE, text: `${JSON.stringify(unpacked, null, 2)}\n` };
      const { artifact } = await storeImage(artifacts, upload.file, image, extra);
      for (const name of namesOf(image)) kept[name] = { id, artifact, createdAt: clock.now() };
    }
    await images.put(kept);
  };
  const pinnedCode = async (pinned: PinnedImage, name: string): Promise<{ readonly artifact: Digest }> => {
    if (pinned.entryPoint.length + pinned.command.length === 0)
      throw lamError('LAM_OPERATIONS_IMAGE_NO_COMMAND', { image: name });
    const content = Buffer.from(`${JSON.stringify(pinned, null, 2)}\n`);
    return artifacts.ingestZip({ bytes: await writeZip([{ path: IMAGE_FILE, content, mode: FILE_MODE }]) });
  };
  return {
    receive: (tar) =>
      receiveImages(paths, tar, async (upload) => {
        await take(upload);
        return { names: upload.images.flatMap(namesOf), size: upload.size };
      }),
    list: () => (engine === undefined ? Promise.resolve(images.names()) : engine.names()),
    async remove(name) {
      if (engine !== undefined) throw lamError('LAM_OPERATIONS_IMAGE_OF_ENGINE', { image: name });
      const isRemoved = (await images.remove(taggedName(name))) || (await images.remove(name));
      if (!isRemoved) throw notFound(name, images.names());
    },
    async codeOf(name) {
      if (engine === undefined) {
        const found = images.get(taggedName(name)) ?? images.get(name);
        if (found === undefined) throw notFound(name, images.names());
        return { artifact: found.artifact, runtime: 'stdio', handler: UNPACKED_FILE };
      }
      const { artifact } = await pinnedCode(await found(engine, name), name);
      return { artifact, runtime: 'stdio-image', handler: 'image' };
    },
    async lambdaCodeOf(name, { entryPoint, command, workingDirectory }) {
      if (engine === undefined) throw lamError('LAM_DRIVER_NEEDS_DOCKER', { runtime: 'image' });
      const image = await found(engine, name);
      const own = entryPoint === undefined ? {} : { entryPoint, command: [] };
      const place = workingDirectory === undefined ? {} : { workingDirectory };
      const pinned = { ...image, ...own, ...(command === undefined ? {} : { command }), ...place };
      const { artifact } = await pinnedCode(pinned, name);
      return { artifact, runtime: 'image', handler: 'image', id: image.id };
    },
  };
}

/** An image of the engine, kept. Throws `LAM_OPERATIONS_IMAGE_NOT_FOUND`. */
function found(engine: ImageEngine, name: string): Promise<PinnedImage> {
  return engine.keep(name).catch(async (thrown: unknown) => {
    if (!isLamError(thrown) || thrown.code !== 'LAM_DRIVER_IMAGE_MISSING') throw thrown;
    throw notFound(name, await engine.names(), String(thrown.details['reason']), thrown);
  });
}

/** Names of an image; its id for one without a name. */
function namesOf({ names, id }: ImageUpload['images'][number]): readonly string[] {
  return names.length === 0 ? [id] : names.map(taggedName);
}

/** A name as engines list it: without Docker's own registry, and with the tag `latest` where it has none. Pure. */
function taggedName(name: string): string {
  const plain = name.replace(/^docker\.io\/(?:library\/)?/, '');
  const last = plain.slice(plain.lastIndexOf('/') + 1);
  return last.includes(':') ? plain : `${plain}:latest`;
}

// oxlint-disable-next-line max-params -- what was looked for and where, and why it is not there
function notFound(image: string, known: readonly string[], reason?: string, cause?: unknown): Error {
  const meant = nearest(taggedName(image), known);
  return lamError(
    'LAM_OPERATIONS_IMAGE_NOT_FOUND',
    {
      image,
      isUnpacked: reason === undefined,
      ...(meant === undefined ? {} : { nearest: meant }),
      ...(reason === undefined ? {} : { reason }),
    },
    cause,
  );
}
