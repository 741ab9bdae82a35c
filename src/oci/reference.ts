import { lamError } from '../errors/index.ts';

/** Where something lies in an OCI registry: `HOST/REPOSITORY`, with a tag or a digest. */
export interface OciReference {
  /** With its port, if it has one. */
  readonly host: string;
  readonly repository: string;
  /** Absent with a digest that came without one. */
  readonly tag?: string;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest?: string;
}

/** What is taken where a reference has neither tag nor digest, as docker does. */
const DEFAULT_TAG = 'latest';
/** Longest repository of common registries (characters). */
const REPOSITORY_CHARS = 255;
const HOST = /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:.]+\])(?::[0-9]{1,5})?$/;
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Whether a word of a command line means a place in a registry: no function's name contains a slash, and no host begins as a path. */
export function looksLikeOciReference(text: string): boolean {
  return text.includes('/') && !/^[./~]/.test(text);
}

/**
 * Parses `HOST[:PORT]/REPOSITORY[:TAG][@sha256:DIGEST]`; without tag and digest it is the tag `latest`. Throws
 * `LAM_OCI_BAD_REFERENCE`, which names the nearest valid one.
 */
export function parseOciReference(text: string): OciReference {
  const parts = partsOf(text);
  const why = faultOf(parts);
  if (why !== undefined) throw lamError('LAM_OCI_BAD_REFERENCE', { text, why, nearest: nearest(text, parts) });
  const { host, repository, tag, digest } = parts;
  if (digest !== undefined) return { host, repository, digest, ...(tag === undefined ? {} : { tag }) };
  return { host, repository, tag: tag ?? DEFAULT_TAG };
}

function faultOf({ host, repository, tag, digest }: Parts): string | undefined {
  return (
    hostFault(host) ??
    (repository.length > REPOSITORY_CHARS ? `its name is longer than ${REPOSITORY_CHARS} characters` : undefined) ??
    (REPOSITORY.test(repository)
      ? undefined
      : `the name '${repository}' may hold a-z, 0-9 and single '.', '_', '-' and '/' in between`) ??
    (tag === undefined || TAG.test(tag)
      ? undefined
      : `the tag '${tag}' may hold 128 of a-z, A-Z, 0-9, '_', '.' and '-'`) ??
    (digest === undefined || DIGEST.test(digest) ? undefined : "a digest is 'sha256:' and 64 of 0-9 and a-f")
  );
}

/** Writes a reference as it is parsed. */
export function ociReferenceText({ host, repository, tag, digest }: OciReference): string {
  return `${host}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** Takes a text for the host of a registry. Throws `LAM_OCI_BAD_REFERENCE`. */
export function parseRegistryHost(text: string): string {
  const host = text.replace(/^https?:\/\//, '').replace(/\/+$/, '');
  if (!HOST.test(host)) {
    const why = 'a registry is a host, with a port if it needs one';
    throw lamError('LAM_OCI_BAD_REFERENCE', { text, why, nearest: 'registry.example.com:5000' });
  }
  return host;
}

/** Whether a host of a reference is this machine, whose registries are asked by plain HTTP. */
export function isLoopbackRegistry(host: string): boolean {
  const name = host.replace(/:[0-9]+$/, '');
  return (
    name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || /^127(?:\.[0-9]{1,3}){3}$/.test(name)
  );
}

/** Parts of a text that may be a reference; the host is empty where it has none. */
interface Parts {
  readonly host: string;
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

function partsOf(text: string): Parts {
  const slash = text.indexOf('/');
  const [named = '', ...digest] = text.slice(slash + 1).split('@');
  const [repository = '', ...tag] = named.split(':');
  return {
    host: text.slice(0, Math.max(0, slash)),
    repository,
    tag: tag.length === 0 ? undefined : tag.join(':'),
    digest: digest.length === 0 ? undefined : digest.join('@'),
  };
}

function hostFault(host: string): string | undefined {
  if (host === '') return 'it lacks the host of a registry';
  if (/^https?:$/.test(host)) return 'it has no scheme in front';
  if (!HOST.test(host)) return `'${host}' is no host`;
  if (/[.:]/.test(host) || host === 'localhost') return undefined;
  return `'${host}' is no host: a host has a dot or a port, or is localhost`;
}

/** A valid reference that resembles a faulty one. */
function nearest(text: string, { host, repository, tag }: Parts): string {
  const bare = text.replace(/^https?:\/\//, '');
  if (bare !== text) return nearest(bare, partsOf(bare));
  const hasHost = hostFault(host) === undefined;
  const parts = (hasHost ? repository : `${host}/${repository}`)
    .toLowerCase()
    .split('/')
    .map((part) => part.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, ''))
    .filter((part) => part !== '');
  const name = parts.length === 0 ? 'hello' : parts.join('/').slice(0, REPOSITORY_CHARS);
  return `${hasHost ? host : 'localhost:5000'}/${name}:${tagLike(tag)}`;
}

function tagLike(tag: string | undefined): string {
  const made = (tag ?? '')
    .replace(/[^a-zA-Z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 128);
  return made === '' ? DEFAULT_TAG : made;
}
