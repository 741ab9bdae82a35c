import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
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
import { contentPieces, readContent } from './content.ts';
import { factsOf, type ArtifactFacts } from './facts.ts';
import { ARTIFACT_LIMITS, type ArtifactLimits } from './limits.ts';
import { measureGarbage, sweep, type Garbage } from './garbage.ts';
import { Mutex, Lru } from '../../kit/index.ts';
import { Holds } from './holds.ts';
import { storeError } from '../disk/io-errors.ts';
import { objectName, type Layout } from '../disk/layout.ts';
import { checkManifest, hasManifest, lost, readManifest } from './manifest.ts';
import { neededObjects, type Linker, type NeededObject, type ObjectKey } from './objects.ts';
import { publishArtifact, replaceTree, twinOf, type PublishOutcome } from './publish.ts';
import type { ArtifactReferences } from './references.ts';
import { makeStaging, removeWhole, stagingName, type StagingFolder } from '../disk/staging.ts';
import { soundFiles, type Verified } from './sound-objects.ts';
import { isTreeSound } from './tree-check.ts';
import type { StagedFiles } from '../intake/staged-writer.ts';
import { unpackForeign, unpackUpload } from '../intake/unpack.ts';
import type { ZipSource } from '../intake/zip-bytes.ts';
import { ZipReader } from '../intake/zip-reader.ts';

export interface ArtifactStoreOptions {
  readonly clock: Clock;
  /** Default {@link ARTIFACT_LIMITS}. */
  readonly limits?: ArtifactLimits;
  /** Makes a hard link; for file systems that refuse some. */
  readonly linker?: Linker;
}

/** Number of artifacts whose facts stay in memory. */
const FACTS_KEPT = 256;

/** The files of a staging folder, and what they make. */
export interface Unpacked {
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
  readonly #onRepaired = new Set<(artifacts: ReadonlySet<Digest>) => void>();
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

  /** Folder that all unpacked code is below. */
  get folder(): string {
    return this.#paths.artifacts;
  }

  /** Digests of all artifacts in the store. */
  get digests(): ReadonlySet<Digest> {
    return this.#known;
  }

  has(digest: Digest): boolean {
    return this.#known.has(digest);
  }

  /**
   * Returns the folder of an artifact's unpacked code, which is laid out again where it is lost. Rejects with
   * `LAM_STORE_ARTIFACT_NOT_FOUND`, or with `LAM_STORE_ARTIFACT_LOST` where its files are lost, too.
   */
  async ensure(digest: Digest): Promise<string> {
    this.#require(digest);
    const path = this.#paths.tree(digest);
    // Synchronous, because a promise would queue behind other file operations in the thread pool.
    if (existsSync(path)) return path;
    try {
      await this.#changing.run(() => this.#mend(digest));
    } catch (error) {
      throw storeError(error, path);
    }
    return path;
  }

  /**
   * Returns the path of an archive by which an artifact's code starts faster, which is removed with the artifact, and a
   * new one for its draft.
   */
  startupArchive(digest: Digest, name: string): { readonly file: string; readonly draft: string } {
    return { file: this.#paths.startupArchive(digest, name), draft: stagingName(this.#paths) };
  }

  /** Calls `listener` with the artifacts whose altered trees an upload replaced. Returns a function that unsubscribes. */
  onRepaired(listener: (artifacts: ReadonlySet<Digest>) => void): () => void {
    this.#onRepaired.add(listener);
    return () => void this.#onRepaired.delete(listener);
  }

  /** Throws `LAM_STORE_ARTIFACT_NOT_FOUND`. */
  async manifest(digest: Digest): Promise<Manifest> {
    this.#require(digest);
    return readManifest(this.#paths, digest);
  }

  /**
   * Reads one file of an artifact into memory. Throws `LAM_STORE_ARTIFACT_LOST` if its content is missing or altered.
   * @param file an entry of the artifact's manifest
   */
  async content(artifact: Digest, file: ObjectKey): Promise<Buffer> {
    return readContent(this.#paths, artifact, file);
  }

  /** As {@link content}, in pieces. */
  pieces(artifact: Digest, file: ObjectKey & { readonly size: number }): AsyncGenerator<Buffer, void, void> {
    return contentPieces(this.#paths, artifact, file);
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
   * Returns which files of a client's manifest the store lacks, or has altered; content is compared by digest. The
   * others are kept from gc for the time of an upload. An artifact with anything lost or altered counts as not known.
   * Throws as {@link checkManifest} does.
   */
  async plan(manifest: unknown): Promise<PlanAnswer> {
    const checked = checkManifest(manifest, this.#limits);
    const artifact = artifactDigest(checked);
    const verified = this.#holds.expect(artifact, checked);
    if (await this.#isSound(artifact, checked, verified)) return { artifact, known: true, missing: [] };
    return { artifact, known: false, missing: [...(await this.#missing(checked, verified)).keys()] };
  }

  /**
   * Stores an upload: the manifest, and a zip of at least the files that {@link plan} named. Does nothing when the
   * store has the artifact; heals what was lost or altered of it. Throws `LAM_STORE_ARTIFACT_INCOMPLETE`,
   * `LAM_STORE_ARTIFACT_MISMATCH`, `LAM_STORE_MANIFEST_INVALID`, `LAM_STORE_DISK_FULL` or a `LAM_STORE_ZIP_*` error,
   * and then has changed nothing.
   */
  async ingest(manifest: unknown, source: ZipSource): Promise<ArtifactAnswer> {
    const checked = checkManifest(manifest, this.#limits);
    const artifact = artifactDigest(checked);
    const verified = this.#holds.expect(artifact, checked);
    if (await this.#isSound(artifact, checked, verified)) return answer(artifact, checked);
    return this.#staged(source, async (zip, folder) => {
      const wanted = await this.#missing(checked, verified);
      return { manifest: checked, staged: await unpackUpload(zip, checked, new Set(wanted.keys()), folder) };
    });
  }

  /** Stores the files of a zip as an artifact. Throws `LAM_STORE_DISK_FULL` or a `LAM_STORE_ZIP_*` error. */
  async ingestZip(source: ZipSource): Promise<ArtifactAnswer> {
    return this.#staged(source, unpackForeign);
  }

  /**
   * Stores what `unpack` writes to a staging folder, which is removed then. Throws `LAM_STORE_MANIFEST_INVALID`,
   * `LAM_STORE_DISK_FULL`, a `LAM_STORE_ZIP_*` error of limits, and what `unpack` throws.
   */
  async ingestUnpacked(unpack: (folder: string) => Promise<Unpacked>): Promise<ArtifactAnswer> {
    try {
      return await this.#unpackAndPublish(await makeStaging(this.#paths), async (folder) => {
        const { manifest, staged } = await unpack(folder);
        return { manifest: checkManifest(manifest, this.#limits), staged };
      });
    } catch (error) {
      throw storeError(error, this.#paths.home);
    }
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

  /** The files that the store has sound in neither mode, by digest. */
  async #missing(manifest: Manifest, verified: Verified): Promise<Map<Digest, NeededObject>> {
    const needed = neededObjects(manifest);
    const sound = await soundFiles(this.#paths.objects, needed, verified);
    const lacking = new Map([...needed].filter(([name]) => !sound.has(name)));
    const twins = new Map(
      [...lacking.values()].map((need) => [objectName(need.digest, !need.executable), twinOf(need)]),
    );
    const soundTwins = await soundFiles(this.#paths.objects, twins, verified);
    const missing = new Map<Digest, NeededObject>();
    for (const need of lacking.values())
      if (!soundTwins.has(objectName(need.digest, !need.executable))) missing.set(need.digest, need);
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
      const unpacked = await unpack(staging.path);
      const { manifest } = unpacked;
      const artifact = artifactDigest(manifest);
      this.#holds.expect(artifact, manifest);
      const outcome = await this.#changing.run(() => this.#publish(artifact, unpacked, staging.path));
      return answer(artifact, manifest, outcome);
    } finally {
      await staging.remove();
    }
  }

  /** Returns what {@link publishArtifact} changed; undefined when the same artifact was stored in the meantime. */
  async #publish(
    artifact: Digest,
    { manifest, staged }: Unpacked,
    staging: string,
  ): Promise<PublishOutcome | undefined> {
    const verified = this.#holds.verified(artifact);
    if (await this.#isSound(artifact, manifest, verified)) return undefined;
    const outcome = await publishArtifact(this.#paths, {
      artifact,
      manifest,
      staged,
      staging,
      known: this.#known,
      verified,
      linker: this.#linker,
    });
    this.#known.add(artifact);
    this.#facts.set(artifact, factsOf(manifest));
    if (outcome.relaid.length > 0) for (const listener of this.#onRepaired) listener(new Set(outcome.relaid));
    return outcome;
  }

  /** Whether the store has the artifact with all its content, compared by digest. */
  async #isSound(artifact: Digest, manifest: Manifest, verified: Verified): Promise<boolean> {
    if (!this.has(artifact)) return false;
    const needed = neededObjects(manifest);
    const sound = await soundFiles(this.#paths.objects, needed, verified);
    if (sound.size < needed.size || !(await isTreeSound(this.#paths, artifact, manifest))) return false;
    return hasManifest(this.#paths, artifact);
  }

  /** Lays out a lost tree again. Throws `LAM_STORE_ARTIFACT_LOST` unless all its objects are sound. */
  async #mend(artifact: Digest): Promise<void> {
    if (existsSync(this.#paths.tree(artifact))) return;
    const manifest = await readManifest(this.#paths, artifact);
    const needed = neededObjects(manifest);
    if ((await soundFiles(this.#paths.objects, needed)).size < needed.size) throw lost(this.#paths, artifact);
    const staging = await makeStaging(this.#paths);
    try {
      await replaceTree(this.#paths, artifact, manifest, { folder: join(staging.path, 'tree'), linker: this.#linker });
    } finally {
      await staging.remove();
    }
  }
}

function answer(artifact: Digest, manifest: Manifest, outcome?: PublishOutcome): ArtifactAnswer {
  const { added = 0, files = 0, relaid = [] } = outcome ?? {};
  const repaired = files + relaid.length === 0 ? {} : { repaired: { files, artifacts: relaid.length } };
  return { artifact, files: manifest.entries.length, size: unpackedSize(manifest), added, ...repaired };
}
