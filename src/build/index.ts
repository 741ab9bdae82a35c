export type { BuildContext, BuiltArtifact, FileIdentity, FunctionArtifact } from './artifact.ts';
export { newDraft, reclaimDrafts } from './drafts.ts';
export { buildFunction } from './build-function.ts';
export { SharedBuilds } from './shared-builds.ts';
export { inlineArtifact, type InlineArtifact } from './inline.ts';
export { buildLayerFolder } from './layer-folder.ts';
export { toolchainVersion } from './toolchains.ts';
export { writeZip, zipFiles, type ZipItem } from './zip.ts';
