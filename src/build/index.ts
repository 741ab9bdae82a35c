export type { BuildContext, BuiltArtifact } from './artifact.ts';
export { buildFunction } from './build-function.ts';
export { inlineArtifact, type InlineArtifact } from './inline.ts';
export { writeZip, zipFiles, type ZipItem } from './zip.ts';
