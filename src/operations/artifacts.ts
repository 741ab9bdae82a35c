import { mergeManifests, type ArtifactAnswer, type Digest, type PlanAnswer } from '../contract/index.ts';
import { isLamError, lamError } from '../errors/index.ts';
import { receiveArtifact, receiveZip, type Store } from '../store/index.ts';

/** Uploads of built code. */
export interface ArtifactOperations {
  /** Returns which files of a manifest are not stored yet. The manifest is untrusted. */
  plan(manifest: unknown): Promise<PlanAnswer>;
  /** Stores an artifact. @param body of `ARTIFACT_CONTENT_TYPE`, as it arrives */
  receive(body: AsyncIterable<Uint8Array>): Promise<ArtifactAnswer>;
  /** Stores the files of a zip as an artifact. @param zip as it arrives */
  receiveZip(zip: AsyncIterable<Uint8Array>): Promise<ArtifactAnswer>;
  /**
   * Stores the artifact that several make together, a later one over an earlier one. Throws
   * `LAM_STORE_ARTIFACT_NOT_FOUND` and `LAM_OPERATIONS_LAYERS_CONFLICT`.
   */
  merge(artifacts: readonly Digest[]): Promise<ArtifactAnswer>;
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
