import { unpackedSize, type Manifest } from '../../contract/index.ts';

/** Sums over an artifact's manifest (bytes). */
export interface ArtifactFacts {
  /** All files, unpacked. */
  readonly size: number;
  /** Files that an interpreter compiles: a start-up cache saves time on these. */
  readonly codeBytes: number;
}

const CODE = /\.(?:[cm]?js|ts|py)$/;

/** Computes the facts of a manifest. Pure. */
export function factsOf(manifest: Manifest): ArtifactFacts {
  let codeBytes = 0;
  for (const entry of manifest.entries) if (entry.kind === 'file' && CODE.test(entry.path)) codeBytes += entry.size;
  return { size: unpackedSize(manifest), codeBytes };
}
