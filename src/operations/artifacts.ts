import type { ArtifactAnswer, PlanAnswer } from '../contract/index.ts';
import { receiveArtifact, receiveZip, type Store } from '../store/index.ts';

/** Built code on its way in. */
export interface ArtifactOperations {
  /** Says which files of a manifest are not stored yet. Takes the manifest unchecked. */
  plan(manifest: unknown): Promise<PlanAnswer>;
  /** Stores an artifact. @param body of `ARTIFACT_CONTENT_TYPE`, as it arrives */
  receive(body: AsyncIterable<Uint8Array>): Promise<ArtifactAnswer>;
  /** Stores the files of a zip as an artifact. @param zip as it arrives */
  receiveZip(zip: AsyncIterable<Uint8Array>): Promise<ArtifactAnswer>;
}

/** The rooms these operations need. */
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
