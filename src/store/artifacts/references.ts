import type { Digest } from '../../contract/index.ts';

/** Which artifacts are in use, for gc. */
export interface ArtifactReferences {
  /**
   * Artifacts that the catalogue names. Called in the turn in which gc removes the others, so that no version can begin
   * to use one of them in between.
   */
  named(): ReadonlySet<Digest>;
  /**
   * Artifacts in use that the catalogue may not name, such as those of sandboxes on other nodes. Asked once, before
   * anything is removed; gc removes nothing when it rejects.
   */
  elsewhere?(): Promise<ReadonlySet<Digest>>;
}
