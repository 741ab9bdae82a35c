import { existsSync } from 'node:fs';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import {
  artifactDigest,
  unpackedSize,
  type ArtifactAnswer,
  isDigest,
  type Digest,
  type Manifest,
  type PlanAnswer,
} from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';
import type { Clock } from '../../kit/index.ts';
import { factsOf, type ArtifactFacts } from './facts.ts';
import { ARTIFACT_LIMITS, type ArtifactLimits } from './limits.ts';
import { syncDirectory, writeDurable } from '../disk/atomic-file.ts';
import { measureGarbage, sweep, type Garbage } from './garbage.ts';
import { together, Mutex, Lru } from '../../kit/index.ts';
import { Holds } from './holds.ts';
import { errnoOf, storeError } from '../disk/io-errors.ts';
import { objectName, type Layout } from '../disk/layout.ts';
import { checkManifest, readManifest } from './manifest.ts';
import {
  adoptObject,
  copyDurable,
  dropObjects,
  neededObjects,
  presentObjects,
  syncShards,
  type Linker,
  type NeededObject,
} from './objects.ts';
import type { ArtifactReferences } from './references.ts';
import { makeStaging, removeWhole, type StagingFolder } from '../disk/staging.ts';
import { layTree } from './tree.ts';
import { unpackForeign, unpackUpload, type StagedFiles } from '../intake/unpack.ts';
import { ZipReader, type ZipSource } from '../intake/zip-reader.ts';

export interface ArtifactStoreOptions {
  readonly clock: Clock;
  /** Default {@link ARTIFACT_LIMITS}. */
  readonly limits?: ArtifactLimits;
  /** Makes a hard link; for file systems that refuse some. */
  readonly linker?: Linker;
}

/** Number of artifacts whose facts stay in memory. */
const FACTS_KEPT = 256;

interface Unpacked {
  readonly manifest: Manifest;
  readonly staged: StagedFiles;
}

/**
 * The artifacts of one home: each file content is stored once, each artifact is a tree of hard links to them.
 * Publishing an artifact is atomic and durable.
 */
export class ArtifactStore {
  readonly #paths: Layout;
  readonly #limits: ArtifactLimits;
  readonly #linker: Linker | undefined;
  readonly #known: Set<Digest>;
  readonly #holds: Holds;
  readonly #facts = new Lru<ArtifactFacts>(FACTS_KEPT, () => 1);
  /** Held while objects are added or removed. Unpacking takes longest and runs outside it. */
  readonly #changing = new Mutex();

  private constructor(paths: Layout, known: Set<Digest>, options: ArtifactStoreOptions) {
    this.#paths = paths;
    this.#known = known;
    this.#limits = options.limits ?? ARTIFACT_LIMITS;
    this.#linker = options.linker;
    this.#holds = new Holds(options.clock);
  }

  /** Opens the artifacts of a home. The caller holds its lock and has called `prepareHome`. */
  static async open(paths: Layout, options: ArtifactStoreOptions): Promise<ArtifactStore> {
    const names = await readdir(paths.artifacts);
    return new ArtifactStore(paths, new Set(names.filter(isDigest)), options);
  }

  /** Digests of all artifacts in the store. */
  get digests(): ReadonlySet<Digest> {
    return this.#known;
  }

  has(digest: Digest): boolean {
    return this.#known.has(digest);
  }

  /**
   * Returns the folder of an artifact's unpacked code. Rejects with `LAM_STORE_ARTIFACT_NOT_FOUND` or
   * `LAM_STORE_ARTIFACT_LOST`.
   */
  async ensure(digest: Digest): Promise<string> {
    this.#require(digest);
    const path = this.#paths.tree(digest);
    // Synchronous, because a promise would queue behind other file operations in the thread pool.
    if (!existsSync(path))
      throw lamError('LAM_STORE_ARTIFACT_LOST', { artifact: digest, path: this.#paths.artifact(digest) });
    return path;
  }

  /** Throws `LAM_STORE_ARTIFACT_NOT_FOUND`. */
  async manifest(digest: Digest): Promise<Manifest> {
    this.#require(digest);
    return readManifest(this.#paths, digest);
  }

  /** Throws `LAM_STORE_ARTIFACT_NOT_FOUND`. */
  async facts(digest: Digest): Promise<ArtifactFacts> {
    this.#require(digest);
    const known = this.#facts.get(digest);
    if (known !== undefined) return known;
    const facts = factsOf(await readManifest(this.#paths, digest));
    this.#facts.set(digest, facts);
    return facts;
  }

  /**
   * Returns which files of a client's manifest the store lacks. The others are kept from gc for the time of an upload.
   * Throws as {@link checkManifest} does.
   */
  async plan(manifest: unknown): Promise<PlanAnswer> {
    const checked = checkManifest(manifest, this.#limits);
    const artifact = artifactDigest(checked);
    this.#holds.expect(artifact, checked);
    if (this.has(artifact)) return { artifact, known: true, missing: [] };
    return { artifact, known: false, missing: [...(await this.#missing(checked)).keys()] };
  }

  /**
   * Stores an upload: the manifest, and a zip of at least the files that {@link plan} named. Does nothing when the
   * store has the artifact. Throws `LAM_STORE_ARTIFACT_INCOMPLETE`, `LAM_STORE_ARTIFACT_MISMATCH`,
   * `LAM_STORE_MANIFEST_INVALID`, `LAM_STORE_DISK_FULL` or a `LAM_STORE_ZIP_*` error, and then has changed nothing.
   */
  async ingest(manifest: unknown, source: ZipSource): Promise<ArtifactAnswer> {
    const checked = checkManifest(manifest, this.#limits);
    const artifact = artifactDigest(checked);
    this.#holds.expect(artifact, checked);
    if (this.has(artifact)) return answer(artifact, checked, 0);
    return this.#staged(source, async (zip, folder) => {
      const wanted = await this.#missing(checked);
      return { manifest: checked, staged: await unpackUpload(zip, checked, new Set(wanted.keys()), folder) };
    });
  }

  /** Stores the files of a zip as an artifact. Throws `LAM_STORE_DISK_FULL` or a `LAM_STORE_ZIP_*` error. */
  async ingestZip(source: ZipSource): Promise<ArtifactAnswer> {
    return this.#staged(source, unpackForeign);
  }

  /** Removes one artifact's tree; its objects stay until gc. Resolves to false when there was none. */
  async remove(digest: Digest): Promise<boolean> {
    return this.#changing.run(async () => {
      this.#known.delete(digest);
      this.#holds.settle(digest);
      return removeWhole(this.#paths, this.#paths.artifact(digest));
    });
  }

  /**
   * Keeps an artifact from gc while a version that uses it is published; call the result when that version is in the
   * catalogue or abandoned. Throws `LAM_STORE_ARTIFACT_NOT_FOUND`.
   */
  pin(digest: Digest): () => void {
    this.#require(digest);
    return this.#holds.pin(digest);
  }

  /** Ends the protection of an upload: a version uses the artifact, so the catalogue keeps it. */
  settle(digest: Digest): void {
    this.#holds.settle(digest);
  }

  /**
   * Removes artifacts without a reference and objects of no artifact; with `dryRun` it only counts them. Uploads may
   * run at the same time: what they need stays. Rejects with what `references` throws, and then has removed nothing.
   */
  async collect(references: ArtifactReferences, dryRun: boolean): Promise<Garbage> {
    return this.#changing.run(async () => {
      const elsewhere = await references.elsewhere?.();
      const named = references.named();
      const isUsed = (digest: Digest): boolean =>
        named.has(digest) || elsewhere?.has(digest) === true || this.#holds.has(digest);
      const doomed = [...this.#known].filter((digest) => !isUsed(digest));
      const gone = new Set(doomed);
      const kept = [...this.#known].filter((digest) => !gone.has(digest));
      // In the same turn as the question: from now on a new version cannot use one of them.
      if (!dryRun) for (const digest of doomed) this.#known.delete(digest);
      const holds = (name: string): boolean => this.#holds.hasObject(name);
      const garbage = await measureGarbage(this.#paths, doomed, kept, holds);
      if (!dryRun) await sweep(this.#paths, garbage, holds);
      return garbage;
    });
  }

  #require(digest: Digest): void {
    if (!this.#known.has(digest)) throw lamError('LAM_STORE_ARTIFACT_NOT_FOUND', { artifact: digest });
  }

  /** The files that the store has in neither mode, by digest. */
  async #missing(manifest: Manifest): Promise<Map<Digest, NeededObject>> {
    const needed = neededObjects(manifest);
    const both = new Map(needed);
    for (const need of needed.values()) {
      both.set(objectName(need.digest, !need.executable), { ...need, executable: !need.executable });
    }
    const present = await presentObjects(this.#paths, both);
    const missing = new Map<Digest, NeededObject>();
    for (const need of needed.values()) {
      if (!present.has(objectName(need.digest, true)) && !present.has(objectName(need.digest, false)))
        missing.set(need.digest, need);
    }
    return missing;
  }

  async #staged(
    source: ZipSource,
    unpack: (zip: ZipReader, folder: string) => Promise<Unpacked>,
  ): Promise<ArtifactAnswer> {
    try {
      const zip = await ZipReader.open(source, this.#limits);
      try {
        return await this.#unpackAndPublish(await makeStaging(this.#paths), (folder) => unpack(zip, folder));
      } finally {
        zip.close();
      }
    } catch (error) {
      throw storeError(error, this.#paths.home);
    }
  }

  async #unpackAndPublish(
    staging: StagingFolder,
    unpack: (folder: string) => Promise<Unpacked>,
  ): Promise<ArtifactAnswer> {
    try {
      const { manifest, staged } = await unpack(staging.path);
      const artifact = artifactDigest(manifest);
      this.#holds.expect(artifact, manifest);
      const added = await this.#changing.run(() => this.#publish(artifact, manifest, staged, staging.path));
      return answer(artifact, manifest, added);
    } finally {
      await staging.remove();
    }
  }

  /** Resolves to the bytes of the files that were new. */
  async #publish(artifact: Digest, manifest: Manifest, staged: StagedFiles, staging: string): Promise<number> {
    // The same artifact was uploaded in the meantime.
    if (this.has(artifact)) return 0;
    const paths = this.#paths;
    const adopted: NeededObject[] = [];
    try {
      await this.#adoptAll(manifest, staged, staging, adopted);
      const whole = join(staging, 'artifact');
      await mkdir(whole, { mode: 0o755 });
      // Each flushes its own files; all must be durable before the rename below publishes them.
      await together([
        syncShards(paths, adopted),
        layTree(paths, manifest, join(whole, 'tree'), this.#linker),
        writeDurable(join(whole, 'manifest.json'), JSON.stringify(manifest), 0o644),
      ]);
      await syncDirectory(whole);
      await putInPlace(whole, paths.artifact(artifact));
      await syncDirectory(paths.artifacts);
    } catch (error) {
      await dropObjects(paths, adopted);
      throw error;
    }
    this.#known.add(artifact);
    this.#facts.set(artifact, factsOf(manifest));
    return adopted.reduce((sum, { size }) => sum + size, 0);
  }

  /** Makes objects of the staged files, or copies of the same content in the other mode. Adds each to `adopted`. */
  async #adoptAll(manifest: Manifest, staged: StagedFiles, staging: string, adopted: NeededObject[]): Promise<void> {
    const paths = this.#paths;
    const needed = neededObjects(manifest);
    const present = await presentObjects(paths, needed);
    const lacking: NeededObject[] = [];
    for (const [name, need] of needed) {
      if (present.has(name)) continue;
      const file = staged.get(need.digest);
      if (file?.executable !== need.executable) {
        lacking.push(need);
        continue;
      }
      await adoptObject(paths, file.path, need);
      adopted.push(need);
    }
    const twins = new Map(lacking.map((need) => [objectName(need.digest, !need.executable), need]));
    const twinsPresent = await presentObjects(paths, twins);
    const absent = lacking.filter((need) => !twinsPresent.has(objectName(need.digest, !need.executable)));
    const first = absent[0];
    if (first !== undefined)
      throw lamError('LAM_STORE_ARTIFACT_INCOMPLETE', { missing: absent.length, path: first.path });
    for (const [index, need] of lacking.entries()) {
      const copy = join(staging, `copy-${index}`);
      await copyDurable(paths.object(need.digest, !need.executable), copy, need.executable);
      await adoptObject(paths, copy, need);
      adopted.push(need);
    }
  }
}

/**
 * Renames, or does nothing when the target exists: paths are named by content and filled by one rename, so it is the
 * same.
 */
async function putInPlace(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes(errnoOf(error) ?? '')) throw error;
  }
}

function answer(artifact: Digest, manifest: Manifest, added: number): ArtifactAnswer {
  return { artifact, files: manifest.entries.length, size: unpackedSize(manifest), added };
}
