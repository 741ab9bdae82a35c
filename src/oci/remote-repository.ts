import { lamError } from '../errors/index.ts';
import { blobBytes, ociDigest, pullBlob, pushBlob, refuseOther, type BlobIdentity, type OpenBlob } from './blobs.ts';
import type { RegistryConnection } from './connection.ts';
import { bodyOf } from './exchange.ts';
import { connectionError } from './failures.ts';
import { ociReferenceText, type OciReference } from './reference.ts';

/** A manifest as a registry has it. */
export interface RawManifest {
  /** Of its bytes. */
  readonly digest: string;
  readonly bytes: Buffer;
  /** As the registry says. */
  readonly mediaType: string;
}

/** Longest manifest that registries take (bytes). */
const MANIFEST_BYTES = 4 * 1024 * 1024;
/** Longest list of names that is read (bytes), names on a page, and pages. */
const LIST_BYTES = 8 * 1024 * 1024;
const PAGE = 200;
const PAGES = 100;
const ACCEPT = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');

/** A repository of a registry: its manifests, tags and blobs. Every digest is verified. */
export class RemoteRepository {
  readonly #connection: RegistryConnection;
  readonly name: string;

  constructor(connection: RegistryConnection, name: string) {
    this.#connection = connection;
    this.name = name;
  }

  /**
   * The manifest at a tag or digest; undefined for none. Throws `LAM_OCI_DIGEST_MISMATCH`, `LAM_OCI_TOO_LARGE` or what
   * {@link RegistryConnection.ask} throws.
   */
  async manifest(tagOrDigest: string): Promise<RawManifest | undefined> {
    const incoming = await this.#connection.ask({
      method: 'GET',
      at: `v2/${this.name}/manifests/${tagOrDigest}`,
      headers: { accept: ACCEPT },
      repository: this.name,
      action: 'pull',
      what: 'the request for the manifest',
      expected: [200, 404],
    });
    if (incoming.statusCode === 404) {
      incoming.resume();
      return undefined;
    }
    const bytes = await bodyOf(incoming, MANIFEST_BYTES, 'the manifest').catch((error: unknown) => {
      throw connectionError(error, this.#connection.host, this.#connection.isSecure);
    });
    const digest = ociDigest(bytes);
    const said = incoming.headers['docker-content-digest'];
    if (tagOrDigest.startsWith('sha256:')) refuseOther('the manifest', tagOrDigest, digest);
    else if (typeof said === 'string' && said.startsWith('sha256:')) refuseOther('the manifest', said, digest);
    return { digest, bytes, mediaType: incoming.headers['content-type'] ?? '' };
  }

  /** As {@link manifest}, for what must be there; otherwise throws `LAM_OCI_NOT_FOUND`, which names the tags there are. */
  async requireManifest(reference: OciReference): Promise<RawManifest> {
    const found = await this.manifest(reference.digest ?? reference.tag ?? '');
    if (found !== undefined) return found;
    const tags = await this.tags().catch(() => undefined);
    throw lamError('LAM_OCI_NOT_FOUND', {
      reference: ociReferenceText(reference),
      what: tags === undefined ? 'repository' : reference.digest === undefined ? 'tag' : 'digest',
      tags: (tags ?? []).filter((tag) => !isSignatureTag(tag)),
    });
  }

  /** Stores a manifest under a tag. */
  async putManifest(tag: string, bytes: Uint8Array, mediaType: string): Promise<void> {
    const incoming = await this.#connection.ask({
      method: 'PUT',
      at: `v2/${this.name}/manifests/${tag}`,
      headers: { 'content-type': mediaType },
      body: () => bytes,
      repository: this.name,
      action: 'push',
      what: 'the manifest',
      expected: [201],
    });
    incoming.resume();
  }

  /** The tags, as the registry orders them; undefined for a repository that does not exist. */
  async tags(): Promise<readonly string[] | undefined> {
    return listed(this.#connection, `v2/${this.name}/tags/list?n=${PAGE}`, {
      member: 'tags',
      repository: this.name,
      action: 'pull',
    });
  }

  /** Sends a blob unless it is there; see {@link pushBlob}. */
  pushBlob(blob: BlobIdentity, openBlob: OpenBlob, how: BlobProgress): Promise<boolean> {
    return pushBlob(this.#transfer(how), blob, openBlob);
  }

  /** Receives a blob into a new file; see {@link pullBlob}. */
  pullBlob(blob: BlobIdentity, path: string, how: BlobProgress): Promise<void> {
    return pullBlob(this.#transfer(how), blob, path);
  }

  /** A short blob in memory; see {@link blobBytes}. */
  blobBytes(blob: BlobIdentity, most: number, how: BlobProgress): Promise<Buffer> {
    return blobBytes(this.#transfer(how), blob, most);
  }

  #transfer(how: BlobProgress): Parameters<typeof pushBlob>[0] {
    return { connection: this.#connection, repository: this.name, ...how };
  }
}

/** How a transfer is called in messages, and who hears how far it is. */
export interface BlobProgress {
  readonly what: string;
  readonly onBytes?: (bytes: number) => void;
}

/** The tag of the signatures of a manifest, as cosign has it. */
export function signatureTag(digest: string): string {
  return `${digest.replace(':', '-')}.sig`;
}

/** Whether a tag holds what clients attach to a manifest: signatures, attestations. */
export function isSignatureTag(tag: string): boolean {
  return /^sha256-[0-9a-f]{64}(?:\.|$)/.test(tag);
}

/** All repositories of a registry. Throws `LAM_OCI_REFUSED` for one that does not list them. */
export async function repositoriesOf(connection: RegistryConnection): Promise<readonly string[]> {
  const found = await listed(connection, `v2/_catalog?n=${PAGE}`, {
    member: 'repositories',
    repository: '_catalog',
    action: 'list',
  });
  if (found !== undefined) return found;
  const { host } = connection;
  throw lamError('LAM_OCI_REFUSED', {
    host,
    status: 404,
    what: 'the request for its catalogue',
    reason: 'it does not list its repositories',
  });
}

async function listed(
  connection: RegistryConnection,
  first: string,
  of: { readonly member: string; readonly repository: string; readonly action: 'pull' | 'list' },
): Promise<readonly string[] | undefined> {
  let names: readonly string[] = [];
  let at: string | URL | undefined = first;
  for (let page = 0; at !== undefined && page < PAGES; page += 1) {
    const incoming = await connection.ask({
      method: 'GET',
      at,
      repository: of.repository,
      action: of.action,
      what: `the request for its ${of.member}`,
      expected: [200, 404],
    });
    const text = String(await bodyOf(incoming, LIST_BYTES, of.member).catch(() => ''));
    if (incoming.statusCode === 404) return undefined;
    names = names.concat(namesIn(text, of.member));
    const next = /<([^>]+)>\s*;\s*rel="?next"?/.exec(String(incoming.headers['link'] ?? ''))?.[1];
    at = next === undefined ? undefined : connection.resolve(next, at);
  }
  return names;
}

function namesIn(text: string, member: string): string[] {
  try {
    const found: unknown = (JSON.parse(text) as Record<string, unknown>)[member];
    return Array.isArray(found) ? found.filter((each): each is string => typeof each === 'string') : [];
  } catch {
    return [];
  }
}
