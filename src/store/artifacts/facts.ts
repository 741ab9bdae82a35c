import { unpackedSize, type Manifest } from '../../contract/index.ts';

/** What is worth knowing of an artifact without reading its manifest. All in bytes. */
export interface ArtifactFacts {
  /** Of all its files, unpacked. */
  readonly size: number;
  /** Of those that an interpreter would compile: what a start-up cache can save time on. */
  readonly codeBytes: number;
}

const CODE = /\.(?:[cm]?js|ts|py)$/;

/** Adds up what a manifest says. Pure. */
export function factsOf(manifest: Manifest): ArtifactFacts {
  let codeBytes = 0;
  for (const entry of manifest.entries) if (entry.kind === 'file' && CODE.test(entry.path)) codeBytes += entry.size;
  return { size: unpackedSize(manifest), codeBytes };
}
