export type { BlobIdentity, OpenBlob } from './blobs.ts';
export { ociDigest } from './blobs.ts';
export { RegistryConnection, type OciOptions } from './connection.ts';
export {
  CONFIG_BYTES,
  makeManifest,
  manifestNotes,
  OCI_MANIFEST_TYPE,
  pushedSettings,
  readManifest,
  readPushedVersion,
  type FunctionManifest,
  type MadeManifest,
  type PushedPart,
  type PushedParts,
  type PushedVersion,
} from './function-manifest.ts';
export {
  looksLikeOciReference,
  ociReferenceText,
  parseOciReference,
  parseRegistryHost,
  type OciReference,
} from './reference.ts';
export { readFunctionIndex, type IndexEntry } from './function-index.ts';
export { isSignatureTag, RemoteRepository, repositoriesOf } from './remote-repository.ts';
export { pushSignature, readSigningKey, readVerifyingKey, verifySignature } from './signature.ts';
