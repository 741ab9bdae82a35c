import { Low } from 'lowdb';
import { isDigest, type Digest } from '../../contract/index.ts';
import { Mutex } from '../../kit/index.ts';
import { KeptFile } from '../disk/kept-file.ts';

const SCHEMA = 1;

/** A container image whose files are kept as an artifact. */
export interface KeptImage {
  /** `sha256:` and the digest of its configuration, as Docker has it. */
  readonly id: string;
  readonly artifact: Digest;
  /** When it was uploaded (ms since the epoch). */
  readonly createdAt: number;
}

interface ImagesData {
  readonly schema: number;
  /** By name and tag. */
  readonly images: Readonly<Record<string, KeptImage>>;
}

/** The uploaded images of a home, in a file of their own. Reads are from memory; each change is durable or not made. */
export class ImageCatalogue {
  readonly #low: Low<ImagesData>;
  readonly #changes = new Mutex();

  private constructor(low: Low<ImagesData>) {
    this.#low = low;
  }

  /** Reads the file at `path`; there are no images where there is none. Throws what {@link KeptFile.read} throws. */
  static async open(path: string): Promise<ImageCatalogue> {
    const low = new Low<ImagesData>(new KeptFile(path, SCHEMA, faultOf), { schema: SCHEMA, images: {} });
    await low.read();
    return new ImageCatalogue(low);
  }

  /** `name:tag` of all images, sorted. */
  names(): readonly string[] {
    return Object.keys(this.#images).toSorted();
  }

  /** The image of a `name:tag`. */
  get(name: string): KeptImage | undefined {
    return Object.hasOwn(this.#images, name) ? this.#images[name] : undefined;
  }

  /** Artifacts of all images. */
  artifacts(): readonly Digest[] {
    return Object.values(this.#images).map(({ artifact }) => artifact);
  }

  /** Gives names to images, all or none; a name that another one has moves. Rejects with a `LAM_STORE_*` error. */
  put(images: Readonly<Record<string, KeptImage>>): Promise<void> {
    return this.#change((before) => ({ ...before, ...images }));
  }

  /** Removes a name; resolves to false when there was none. Rejects with a `LAM_STORE_*` error. */
  async remove(name: string): Promise<boolean> {
    let isFound = false;
    await this.#change((before) => {
      isFound = Object.hasOwn(before, name);
      return Object.fromEntries(Object.entries(before).filter(([other]) => other !== name));
    });
    return isFound;
  }

  /** Resolves when all changes requested so far have settled. */
  async settled(): Promise<void> {
    await this.#changes.run(() => Promise.resolve());
  }

  get #images(): ImagesData['images'] {
    return this.#low.data.images;
  }

  #change(change: (before: ImagesData['images']) => ImagesData['images']): Promise<void> {
    return this.#changes.run(async () => {
      const before = this.#low.data;
      this.#low.data = { ...before, images: change(before.images) };
      try {
        await this.#low.write();
      } catch (error) {
        this.#low.data = before;
        throw error;
      }
    });
  }
}

/** Digests become parts of paths. */
function faultOf({ images }: Partial<ImagesData>): string | undefined {
  if (typeof images !== 'object' || images === null) return "'images' is missing";
  for (const [name, image] of Object.entries<Partial<KeptImage> | null>(images)) {
    const { id, artifact, createdAt } = image ?? {};
    const isSound =
      typeof id === 'string' && typeof artifact === 'string' && isDigest(artifact) && Number.isFinite(createdAt);
    if (!isSound) return `image '${name}' is not complete`;
  }
  return undefined;
}
