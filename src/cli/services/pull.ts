import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import type { LamClient } from '../../client/index.ts';
import type { Digest } from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';
import {
  CONFIG_BYTES,
  ociReferenceText,
  readManifest,
  readPushedVersion,
  RegistryConnection,
  RemoteRepository,
  verifySignature,
  type FunctionManifest,
  type OciOptions,
  type OciReference,
  type PushedPart,
  type PushedVersion,
} from '../../oci/index.ts';
import { transferProgress } from './transfer-progress.ts';

/** A version in a registry, as it was found there. */
export interface FoundVersion {
  /** With the digest, so that it means the same for ever. */
  readonly reference: OciReference & { readonly digest: string };
  readonly text: string;
  readonly pushed: PushedVersion;
  readonly parts: FunctionManifest['parts'];
  readonly repository: RemoteRepository;
}

/**
 * Looks a version up and gives it to `use`, while the connection is open. With a key, only if that has signed it. Throws
 * `LAM_OCI_*`.
 */
export async function withVersion<T>(
  reference: OciReference,
  { oci, key }: { readonly oci: OciOptions; readonly key: KeyObject | undefined },
  use: (found: FoundVersion) => Promise<T>,
): Promise<T> {
  using connection = new RegistryConnection(reference.host, oci);
  const repository = new RemoteRepository(connection, reference.repository);
  const raw = await repository.requireManifest(reference);
  const fixed = { ...reference, digest: raw.digest };
  if (key !== undefined) await verifySignature(repository, fixed, key);
  const text = ociReferenceText(fixed);
  const { config, parts } = readManifest(raw, text);
  const bytes = await repository.blobBytes(config, CONFIG_BYTES, { what: 'the configuration' });
  return await use({ reference: fixed, text, pushed: readPushedVersion(bytes, text), parts, repository });
}

/**
 * Brings a zip of a version into the daemon's store, by the way of every upload. Resolves to the artifact. Throws
 * `LAM_OCI_*`, `LAM_STORE_*`, and `LAM_OCI_DIGEST_MISMATCH` if it is not the artifact that the version names.
 */
export async function receivePart(
  { repository, parts, pushed }: FoundVersion,
  part: PushedPart,
  { client, folder }: { readonly client: LamClient; readonly folder: string },
  say: (line: string) => void,
): Promise<Digest> {
  const blob = parts[part];
  if (blob === undefined) throw lamError('LAM_OCI_INVALID', { reference: pushed.name, why: `its ${part} is missing` });
  const what = `the ${part}`;
  const file = join(folder, `${part}.zip`);
  await repository.pullBlob(blob, file, {
    what,
    onBytes: transferProgress('receiving', { what, total: blob.size }, say),
  });
  const { artifact } = await client.artifacts.uploadZip(file);
  const expected = part === 'code' ? pushed.artifact : part === 'layers' ? pushed.layers?.artifact : undefined;
  if (expected !== undefined && artifact !== expected)
    throw lamError('LAM_OCI_DIGEST_MISMATCH', { what: `${what} of '${pushed.name}'`, expected, found: artifact });
  return artifact;
}
