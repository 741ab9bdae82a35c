import type { ArtifactAnswer, PlanAnswer } from '../contract/index.ts';
import { receiveArtifact, receiveZip, type Store } from '../store/index.ts';

/** Uploads of built code. */
export interface ArtifactOperations {
  /** Returns which files of a manifest are not stored yet. The manifest is untrusted. */
  plan(manifest: unknown): Promise<PlanAnswer>;
  /** Stores an artifact. @param body of `ARTIFACT_CONTENT_TYPE`, as it arrives */
  receive(body: AsyncIterable<Uint8Array>): Promise<ArtifactAnswer>;
  /** Stores the files of a zip as an artifact. @param zip as it arrives */
  receiveZip(zip: AsyncIterable<Uint8Array>): Promise<ArtifactAnswer>;
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
  };
}
