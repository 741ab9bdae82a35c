import { isDigest, LIMITS, type ConfigInput, type Digest, type FunctionName, type KeptZip } from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import type { ArtifactStore } from '../store/index.ts';

/** What a publish request uses of the store. */
export interface UsedArtifacts {
  readonly artifact: Digest;
  readonly config: ConfigInput;
  readonly zip?: KeptZip;
}

type Artifacts = Pick<ArtifactStore, 'facts' | 'pin' | 'settle'>;

/**
 * Returns the unpacked size of a new version's code (bytes), without its layers. Throws `LAM_STORE_ARTIFACT_NOT_FOUND`
 * for code or layers that the store lacks, and `LAM_REGISTRY_INVALID_CONFIG` if they are too large together.
 */
export async function sizeOf(artifacts: Artifacts, name: FunctionName, used: UsedArtifacts): Promise<number> {
  const { size } = await artifacts.facts(used.artifact);
  const layers = layersOf(used.config);
  if (layers !== undefined) {
    const together = size + (await artifacts.facts(layers)).size;
    if (together > LIMITS.layersBytes) {
      const fault = `layers: ${together} bytes with the code, unpacked, and the limit is ${LIMITS.layersBytes}`;
      throw lamError('LAM_REGISTRY_INVALID_CONFIG', { name, faults: [fault] });
    }
  }
  return size;
}

/** Keeps code and layers of a new version from gc while `work` publishes it; `settle` says that a version uses them now. */
export async function whileUsed<T>(
  artifacts: Artifacts,
  used: UsedArtifacts,
  work: (settle: () => void) => Promise<T>,
): Promise<T> {
  const layers = layersOf(used.config);
  const digests = [used.artifact, layers, used.zip?.artifact].filter((digest) => digest !== undefined);
  const releases: (() => void)[] = [];
  try {
    for (const digest of digests) releases.push(artifacts.pin(digest));
    return await work(() => {
      for (const digest of digests) artifacts.settle(digest);
    });
  } finally {
    for (const release of releases) release();
  }
}

/** The layers of settings that are not checked yet. */
function layersOf({ layers }: ConfigInput): Digest | undefined {
  const artifact: unknown = layers?.artifact;
  return typeof artifact === 'string' && isDigest(artifact) ? artifact : undefined;
}
