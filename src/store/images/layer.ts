import { createHash } from 'node:crypto';
import { digestOf, type Digest } from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';
import type { ArtifactLimits } from '../artifacts/limits.ts';
import { pathFault } from '../artifacts/tree-rules.ts';
import type { StagedWriter, Written } from '../intake/staged-writer.ts';
import { unsafe } from './archive-index.ts';
import { unpacked, watched, type Pieces } from './bytes.ts';
import { damaged, tarEntries, type ArchiveEntry } from './tar.ts';

/** What a layer adds to the tree below it. Paths are relative to the root of the image. */
export type LayerEntry =
  | ({ readonly kind: 'file'; readonly path: string; readonly executable: boolean } & Written)
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }
  /** The file at `target` has this name, too. */
  | { readonly kind: 'hardlink'; readonly path: string; readonly target: string }
  | { readonly kind: 'directory'; readonly path: string };

/** What a layer removes of those below it: all at `path`, or only what is in that folder. */
export interface LayerRemoval {
  readonly kind: 'whiteout' | 'opaque';
  readonly path: string;
}

export type LayerChange = LayerEntry | LayerRemoval;

/** What all layers together may take. */
export class LayerBudget {
  readonly #limits: Pick<ArtifactLimits, 'unpackedBytes' | 'artifactFiles'>;
  #bytes = 0;
  #files = 0;

  constructor(limits: Pick<ArtifactLimits, 'unpackedBytes' | 'artifactFiles'>) {
    this.#limits = limits;
  }

  /** Throws `LAM_STORE_IMAGE_TOO_LARGE`. */
  addBytes(bytes: number): void {
    const limit = this.#limits.unpackedBytes;
    this.#bytes += bytes;
    if (this.#bytes > limit) throw lamError('LAM_STORE_IMAGE_TOO_LARGE', { what: 'the unpacked image', limit });
  }

  /** Throws `LAM_STORE_ZIP_TOO_MANY_FILES`. */
  addFile(): void {
    const limit = this.#limits.artifactFiles;
    if (++this.#files > limit) throw lamError('LAM_STORE_ZIP_TOO_MANY_FILES', { files: this.#files, limit });
  }
}

/** Prefix of entries that remove others, and the name of the one that empties a folder (OCI image specification, layers). */
const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
/** Further names of aufs, which mean nothing in a layer. */
const OF_AUFS = '.wh..wh.';
/** Files up to this size are held in memory (bytes). */
const SMALL_BYTES = 256 * 1024;

/** Checks that a layer is the one with this digest. Throws `LAM_STORE_IMAGE_DAMAGED` and what `budget` throws. */
export async function verifyLayer(
  content: Pieces,
  wanted: { file: string; diffId: Digest },
  budget: LayerBudget,
): Promise<void> {
  const hash = createHash('sha256');
  try {
    for await (const piece of unpacked(content)) {
      budget.addBytes(piece.length);
      hash.update(piece);
    }
  } catch (error) {
    throw asDamage(error, wanted.file);
  }
  refuseOther(digestOf(hash), wanted);
}

/**
 * Unpacks the files of a layer, and returns its changes in order. Throws `LAM_STORE_IMAGE_DAMAGED`, also for a layer with
 * another digest, `LAM_STORE_IMAGE_UNSAFE` and what `budget` and writing throw.
 */
// oxlint-disable-next-line max-params -- the layer, what it must be, where it goes and how much it may take
export async function readLayer(
  content: Pieces,
  wanted: { file: string; diffId: Digest },
  writer: StagedWriter,
  budget: LayerBudget,
): Promise<readonly LayerChange[]> {
  const hash = createHash('sha256');
  const tar = watched(unpacked(content), (piece) => {
    budget.addBytes(piece.length);
    hash.update(piece);
  });
  const changes: LayerChange[] = [];
  try {
    for await (const entry of tarEntries(tar, wanted.file)) {
      budget.addFile();
      const change = await changeOf(entry, writer);
      if (change !== undefined) changes.push(change);
    }
  } catch (error) {
    throw asDamage(error, wanted.file);
  }
  refuseOther(digestOf(hash), wanted);
  return changes;
}

function refuseOther(digest: Digest, { file, diffId }: { file: string; diffId: Digest }): void {
  if (digest !== diffId) throw damaged(file, `its content has the digest ${digest}, and not ${diffId}`);
}

/** An error of zlib is one of the layer. */
function asDamage(error: unknown, file: string): unknown {
  const code: unknown = Reflect.get(Object(error), 'code');
  const isOfZlib = typeof code === 'string' && /^Z_|^ZSTD_|^ERR_ZLIB|^ERR_BUFFER/.test(code);
  return isOfZlib ? damaged(file, error instanceof Error ? error.message : code, error) : error;
}

/** Returns undefined for what has no meaning for code that runs without the image's own root. */
async function changeOf(entry: ArchiveEntry, writer: StagedWriter): Promise<LayerChange | undefined> {
  const path = pathIn(entry.name);
  if (path === undefined) return undefined;
  const slash = path.lastIndexOf('/') + 1;
  const name = path.slice(slash);
  if (name === OPAQUE) return { kind: 'opaque', path: path.slice(0, Math.max(0, slash - 1)) };
  if (name.startsWith(OF_AUFS)) return undefined;
  if (name.startsWith(WHITEOUT)) return whiteout(entry.name, path.slice(0, slash), name.slice(WHITEOUT.length));
  if (entry.kind === 'other') return undefined;
  if (entry.kind === 'file')
    return { kind: 'file', path, executable: entry.executable, ...(await written(entry, writer)) };
  if (entry.kind === 'symlink') return { kind: 'symlink', path, target: entry.target };
  if (entry.kind === 'directory') return { kind: 'directory', path };
  const target = pathIn(entry.target);
  if (target === undefined) throw unsafe(entry.name, `it is a link to '${entry.target}'`);
  return { kind: 'hardlink', path, target };
}

function whiteout(entry: string, folder: string, name: string): LayerChange {
  if (name === '' || name === '.' || name === '..') throw unsafe(entry, 'it removes nothing that can be named');
  return { kind: 'whiteout', path: folder + name };
}

/**
 * A path below the root of the image; undefined for the root itself and for names that artifacts cannot have. Throws
 * `LAM_STORE_IMAGE_UNSAFE` for a path that leads out.
 */
function pathIn(name: string): string | undefined {
  const path = name.replace(/^(?:\.\/+)+/, '').replace(/\/+$/, '');
  if (path.startsWith('/') || name.startsWith('/')) throw unsafe(name, 'it is absolute');
  if (path.split('/').includes('..')) throw unsafe(name, "it leaves the root ('..')");
  if (path.includes('\0')) throw unsafe(name, 'it contains a NUL character');
  return path === '' || path === '.' || pathFault(path) !== undefined ? undefined : path;
}

async function written({ content, size, executable }: ArchiveEntry, writer: StagedWriter): Promise<Written> {
  if (size > SMALL_BYTES)
    return writer.writeLarge(async (sink) => {
      for await (const piece of content) await sink(piece);
    }, executable);
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return writer.writeSmall(() => Buffer.concat(pieces), executable);
}
