import type { Digest } from '../../contract/index.ts';

/** Who uses artifacts, as far as gc must know. */
export interface ArtifactReferences {
  /**
   * Artifacts that the catalogue names. Called in the turn in which gc removes the others, so that no version can begin
   * to use one of them in between.
   */
  named(): ReadonlySet<Digest>;
  /**
   * Artifacts in use though the catalogue need not name them, such as those of sandboxes on other nodes. Asked once,
   * before anything is removed; gc removes nothing when it rejects.
   */
  elsewhere?(): Promise<ReadonlySet<Digest>>;
}
