import { LIMITS } from '../../contract/index.ts';

/** Limits of one artifact. */
export interface ArtifactLimits {
  /** The zip itself (bytes). */
  readonly zipBytes: number;
  /** All files, unpacked (bytes). */
  readonly unpackedBytes: number;
  /** Number of entries. */
  readonly artifactFiles: number;
}

export const ARTIFACT_LIMITS: ArtifactLimits = {
  zipBytes: LIMITS.zipBytes,
  unpackedBytes: LIMITS.unpackedBytes,
  artifactFiles: LIMITS.artifactFiles,
};
