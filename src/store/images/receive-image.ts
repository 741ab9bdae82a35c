import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { byPath, LIMITS, type ArtifactAnswer, type Digest, type Manifest } from '../../contract/index.ts';
import { isLamError, lamError } from '../../errors/index.ts';
import type { ArtifactStore } from '../artifacts/artifact-store.ts';
import { ARTIFACT_LIMITS } from '../artifacts/limits.ts';
import { storeError } from '../disk/io-errors.ts';
import type { Layout } from '../disk/layout.ts';
import { StagedWriter, type StagedFiles } from '../intake/staged-writer.ts';
import { indexArchive, THE_UPLOAD } from './archive-index.ts';
import { unpacked, watched, type Pieces } from './bytes.ts';
import { LayerBudget, readLayer, verifyLayer, type LayerChange } from './layer.ts';
import { mergeLayers } from './merge-layers.ts';
import { recipesOf, type ImageRecipe } from './recipes.ts';
import { tarEntries } from './tar.ts';

/** An upload of images that has arrived. */
export interface ImageUpload {
  /** Path of its tar, which may be packed by gzip or zstd. */
  readonly file: string;
  /** Its length (bytes). */
  readonly size: number;
  readonly images: readonly ImageRecipe[];
}

/** Files of an image that is written to the disk: enough that they are flushed together. */
const MANY = 1000;

/**
 * Receives the tar of images to a file, which is removed when `use` has settled, and reads what is in it. Throws
 * `LAM_STORE_IMAGE_TOO_LARGE`, `LAM_STORE_IMAGE_INVALID`, `LAM_STORE_IMAGE_DAMAGED`, `LAM_STORE_IMAGE_UNSAFE`,
 * `LAM_STORE_DISK_FULL` and what `body` and `use` throw.
 */
export async function receiveImages<T>(
  paths: Pick<Layout, 'tmp'>,
  body: Pieces,
  use: (upload: ImageUpload) => Promise<T>,
): Promise<T> {
  const file = join(paths.tmp, `${randomBytes(8).toString('hex')}.tar`);
  try {
    const size = await written(file, body);
    return await use({ file, size, images: recipesOf(await indexArchive(tarOf(file))) });
  } catch (error) {
    throw isLamError(error) ? error : storeError(error, file);
  } finally {
    await unlink(file).catch(() => undefined);
  }
}

async function written(path: string, body: Pieces): Promise<number> {
  const file = await open(path, 'wx', 0o600);
  let size = 0;
  try {
    for await (const piece of body) {
      size += piece.length;
      if (size > LIMITS.imageBytes) throw tooLarge();
      await file.writeFile(piece);
    }
  } finally {
    await file.close();
  }
  return size;
}

/** Checks that all layers of an upload are whole. Throws `LAM_STORE_IMAGE_DAMAGED` or `LAM_STORE_IMAGE_TOO_LARGE`. */
export async function verifyImages({ file, images }: ImageUpload): Promise<void> {
  const wanted = new Map(images.flatMap(({ layers }) => layers.map((layer) => [layer.file, layer])));
  const budget = new LayerBudget({ unpackedBytes: LIMITS.imageBytes, artifactFiles: Infinity });
  for await (const entry of tarEntries(tarOf(file), THE_UPLOAD)) {
    const layer = wanted.get(plainName(entry.name));
    if (layer !== undefined && entry.kind === 'file') await verifyLayer(entry.content, layer, budget);
  }
}

/**
 * Stores the files of an image as an artifact, with `extra` as one more file. Throws as {@link verifyImages} does, and
 * `LAM_STORE_IMAGE_UNSAFE`, `LAM_STORE_ZIP_TOO_MANY_FILES`, `LAM_STORE_DISK_FULL`.
 */
export function storeImage(
  artifacts: ArtifactStore,
  file: string,
  { layers }: ImageRecipe,
  extra: { readonly path: string; readonly text: string },
): Promise<ArtifactAnswer> {
  return artifacts.ingestUnpacked(async (folder) => {
    const writer = new StagedWriter(folder, MANY);
    const budget = new LayerBudget(ARTIFACT_LIMITS);
    const read = new Map<string, readonly LayerChange[]>();
    const wanted = new Map(layers.map((layer) => [layer.file, layer]));
    for await (const entry of tarEntries(tarOf(file), THE_UPLOAD)) {
      const layer = wanted.get(plainName(entry.name));
      if (layer !== undefined && entry.kind === 'file')
        read.set(layer.file, await readLayer(entry.content, layer, writer, budget));
    }
    const merged = mergeLayers(layers.map((layer) => ({ file: layer.file, changes: read.get(layer.file) ?? [] })));
    const content = Buffer.from(extra.text);
    const added = await writer.writeSmall(() => content, false);
    await writer.flush();
    const own = { path: extra.path, kind: 'file', executable: false, ...added } as const;
    const others = merged.filter(({ path }) => path !== extra.path && !path.startsWith(`${extra.path}/`));
    return used({ entries: [...others, own].toSorted(byPath) }, writer.staged);
  });
}

/** A manifest with those of the staged files that it needs. */
function used(manifest: Manifest, staged: StagedFiles): { manifest: Manifest; staged: StagedFiles } {
  const needed = new Set<Digest>(manifest.entries.flatMap((entry) => (entry.kind === 'file' ? [entry.digest] : [])));
  return { manifest, staged: new Map([...staged].filter(([digest]) => needed.has(digest))) };
}

function tarOf(file: string): Pieces {
  let size = 0;
  return watched(unpacked(createReadStream(file)), (piece) => {
    size += piece.length;
    if (size > LIMITS.imageBytes) throw tooLarge();
  });
}

function plainName(name: string): string {
  return name.replace(/^(?:\.\/+)+/, '');
}

function tooLarge(): Error {
  return lamError('LAM_STORE_IMAGE_TOO_LARGE', { what: 'the image', limit: LIMITS.imageBytes });
}
