import { LIMITS } from '../../contract/index.ts';

/** How large an artifact may be. */
export interface ArtifactLimits {
  /** The zip itself, bytes. */
  readonly zipBytes: number;
  /** All files unpacked, bytes. */
  readonly unpackedBytes: number;
  /** Entries. */
  readonly artifactFiles: number;
}

export const ARTIFACT_LIMITS: ArtifactLimits = {
  zipBytes: LIMITS.zipBytes,
  unpackedBytes: LIMITS.unpackedBytes,
  artifactFiles: LIMITS.artifactFiles,
};
