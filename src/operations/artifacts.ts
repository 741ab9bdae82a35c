import { createHash } from 'node:crypto';
import {
  digestOf,
  mergeManifests,
  type ArtifactAnswer,
  type Digest,
  type KeptZip,
  type Manifest,
  type PlanAnswer,
  type VersionInfo,
} from '../contract/index.ts';
import { isLamError, lamError } from '../errors/index.ts';
import { receiveArtifact, receiveZip, writeZip, type Store } from '../store/index.ts';

/** The file of the artifact that holds a kept zip. */
const KEPT = 'function.zip';
/** As `stat` has them. */
const FILE_MODE = 0o100644;
const PROGRAM_MODE = 0o100755;
const LINK_MODE = 0o120777;

/** Uploads of built code. */
export interface ArtifactOperations {
  /** Returns which files of a manifest are not stored yet. The manifest is untrusted. */
  plan(manifest: unknown): Promise<PlanAnswer>;
  /** Stores an artifact. @param body of `ARTIFACT_CONTENT_TYPE`, as it arrives */
  receive(body: AsyncIterable<Uint8Array>): Promise<ArtifactAnswer>;
  /** Stores the files of a zip as an artifact. @param zip as it arrives */
  receiveZip(zip: AsyncIterable<Uint8Array>): Promise<ArtifactAnswer>;
  /** As {@link receiveZip}, of a zip in memory; also keeps the zip itself, so that {@link zipOf} returns these bytes. */
  keepZip(zip: Uint8Array): Promise<ArtifactAnswer & { readonly zip: KeptZip }>;
  /**
   * The zip that a version's code came in, byte by byte, or if it did not come in one a zip of its files. Throws
   * `LAM_STORE_ARTIFACT_NOT_FOUND` or `LAM_STORE_ARTIFACT_LOST`.
   */
  zipOf(version: Pick<VersionInfo, 'artifact' | 'zip'>): Promise<Uint8Array>;
  /**
   * Gives `take` what an artifact holds, which stays until that has ended. Throws `LAM_STORE_ARTIFACT_NOT_FOUND` or
   * `LAM_STORE_ARTIFACT_LOST`, which the contents throw, too.
   */
  files(artifact: Digest, take: (files: ArtifactFiles) => Promise<void>): Promise<void>;
  /**
   * Stores the artifact that several make together, a later one over an earlier one. Throws
   * `LAM_STORE_ARTIFACT_NOT_FOUND` and `LAM_OPERATIONS_LAYERS_CONFLICT`.
   */
  merge(artifacts: readonly Digest[]): Promise<ArtifactAnswer>;
}

/** A manifest and the contents of its files, in its order. */
export interface ArtifactFiles {
  readonly manifest: Manifest;
  readonly contents: AsyncIterable<Uint8Array>;
}

/** Rooms that these operations use. */
export interface ArtifactRooms {
  readonly store: Pick<Store, 'paths' | 'artifacts'>;
}

/** Implements {@link ArtifactOperations}. */
export function artifactOperations({ store: { paths, artifacts } }: ArtifactRooms): ArtifactOperations {
  return {
    plan: (manifest) => artifacts.plan(manifest),
    receive: (body) => receiveArtifact(paths, artifacts, body),
    receiveZip: (zip) => receiveZip(paths, artifacts, zip),
    async keepZip(bytes) {
      const answer = await artifacts.ingestZip({ bytes });
      const content = createHash('sha256').update(bytes);
      const sha256 = content.copy().digest('base64');
      const file = { path: KEPT, kind: 'file', digest: digestOf(content), size: bytes.length, executable: false };
      const wrapped = await writeZip([{ path: KEPT, content: bytes, mode: FILE_MODE, isStored: true }]);
      const kept = await artifacts.ingest({ entries: [file] }, { bytes: wrapped });
      return { ...answer, zip: { artifact: kept.artifact, size: bytes.length, sha256 } };
    },
    async zipOf({ artifact, zip }) {
      const { entries } = await artifacts.manifest(zip?.artifact ?? artifact);
      const files = await Promise.all(
        entries.map(async (entry) =>
          entry.kind === 'file'
            ? {
                path: entry.path,
                content: await artifacts.content(zip?.artifact ?? artifact, entry),
                mode: entry.executable ? PROGRAM_MODE : FILE_MODE,
              }
            : { path: entry.path, content: Buffer.from(entry.target), mode: LINK_MODE },
        ),
      );
      const [only] = files;
      return zip !== undefined && only !== undefined ? only.content : writeZip(files);
    },
    async files(artifact, take) {
      const release = artifacts.pin(artifact);
      try {
        const manifest = await artifacts.manifest(artifact);
        await take({ manifest, contents: contentsOf(artifacts, artifact, manifest) });
      } finally {
        release();
      }
    },
    async merge(digests) {
      const releases: (() => void)[] = [];
      try {
        for (const digest of digests) releases.push(artifacts.pin(digest));
        const manifests = await Promise.all(digests.map((digest) => artifacts.manifest(digest)));
        // The store has all files, so there is nothing to unpack.
        return await artifacts.ingest(mergeManifests(manifests), { bytes: Buffer.alloc(0) });
      } catch (error) {
        if (!isLamError(error) || error.code !== 'LAM_STORE_MANIFEST_INVALID') throw error;
        // Each by itself is valid: what one has leads the links of another astray.
        throw lamError('LAM_OPERATIONS_LAYERS_CONFLICT', { why: String(error.details['why']) }, error);
      } finally {
        for (const release of releases) release();
      }
    },
  };
}

async function* contentsOf(
  artifacts: ArtifactRooms['store']['artifacts'],
  artifact: Digest,
  { entries }: Manifest,
): AsyncGenerator<Uint8Array, void, void> {
  for (const entry of entries) if (entry.kind === 'file') yield* artifacts.pieces(artifact, entry);
}
