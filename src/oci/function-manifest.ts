import {
  DEFAULT_CONFIG,
  isDigest,
  isFunctionName,
  isLimit,
  isVersionNumber,
  LIMITS,
  type ConfigInput,
  type Digest,
  type FunctionConfig,
  type FunctionLayers,
  type FunctionName,
  type VersionNumber,
} from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import { ociDigest, type BlobIdentity } from './blobs.ts';
import type { RawManifest } from './remote-repository.ts';

/** A version as it lies in a registry; the code is beside it. Of environment variables it has the names alone. */
export interface PushedVersion {
  readonly name: FunctionName;
  readonly version: VersionNumber;
  /** Of the code. */
  readonly artifact: Digest;
  /** Settings that differ from the defaults, without environment and layers. */
  readonly settings: ConfigInput;
  /** Names of its environment variables, sorted. */
  readonly environment: readonly string[];
  readonly layers: FunctionLayers | null;
  /** Operating system and processor of the machine that pushed it, as Node.js calls them: `linux/x64`. */
  readonly platform: string;
  /** lam's version that pushed it. */
  readonly by: string;
}

/** What a layer of a function's manifest holds: a zip each. */
export const PUSHED_PARTS = ['code', 'layers', 'template'] as const;
export type PushedPart = (typeof PUSHED_PARTS)[number];
/** The zips of a function in a registry; code is never missing. */
export type PushedParts = Readonly<Partial<Record<PushedPart, BlobIdentity>>> & { readonly code: BlobIdentity };

/** A function's manifest, taken apart. */
export interface FunctionManifest {
  readonly config: BlobIdentity;
  readonly parts: PushedParts;
}

/** A function's manifest, ready to be pushed. */
export interface MadeManifest {
  readonly bytes: Buffer;
  readonly digest: string;
  readonly config: Buffer;
}

export const OCI_MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
/** Longest configuration of a function (bytes). */
export const CONFIG_BYTES: number = 1024 * 1024;
const SCHEMA = 1;
const KIND = 'application/vnd.lam.function.v';
const FUNCTION_TYPE = `${KIND}${SCHEMA}`;
const CONFIG_TYPE = `application/vnd.lam.function.config.v${SCHEMA}+json`;
const partType = (part: PushedPart): string => `application/vnd.lam.function.${part}.v${SCHEMA}.zip`;
/** Annotations beside those of OCI. */
const FUNCTION_NOTE = 'lam.function';
const RUNTIME_NOTE = 'lam.runtime';
const TITLE = 'org.opencontainers.image.title';
const DESCRIPTION = 'org.opencontainers.image.description';
const VERSION = 'org.opencontainers.image.version';

/** Settings of a version as they are pushed: those that are not default, nothing that may be a secret. Pure. */
export function pushedSettings(config: FunctionConfig): ConfigInput {
  const given = Object.keys(DEFAULT_CONFIG).filter(
    (field): field is keyof FunctionConfig =>
      field !== 'environment' &&
      field !== 'layers' &&
      !isLimit(field) &&
      (field === 'runtime' ||
        field === 'handler' ||
        JSON.stringify(config[field as keyof FunctionConfig]) !==
          JSON.stringify(DEFAULT_CONFIG[field as keyof FunctionConfig])),
  );
  return Object.fromEntries(given.map((field) => [field, config[field]]));
}

/** Makes the manifest of a version: the same version and zips give the same bytes. Pure. */
export function makeManifest(version: PushedVersion, parts: PushedParts): MadeManifest {
  const { name, settings } = version;
  const config = Buffer.from(JSON.stringify({ schema: SCHEMA, ...version }));
  const { description = '', runtime = DEFAULT_CONFIG.runtime } = settings;
  const layers = PUSHED_PARTS.flatMap((part) => {
    const blob = parts[part];
    if (blob === undefined) return [];
    const title = part === 'code' ? `${name}.zip` : `${name}-${part}.zip`;
    return [{ mediaType: partType(part), digest: blob.digest, size: blob.size, annotations: { [TITLE]: title } }];
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST_TYPE,
    artifactType: FUNCTION_TYPE,
    config: { mediaType: CONFIG_TYPE, digest: ociDigest(config), size: config.length },
    layers,
    annotations: {
      [TITLE]: name,
      [VERSION]: String(version.version),
      ...(description === '' ? {} : { [DESCRIPTION]: description }),
      [FUNCTION_NOTE]: name,
      [RUNTIME_NOTE]: runtime,
    },
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  return { bytes, digest: ociDigest(bytes), config };
}

/**
 * Takes a function's manifest apart, which is untrusted. Throws `LAM_OCI_NOT_A_FUNCTION`, `LAM_OCI_NEWER`,
 * `LAM_OCI_INVALID` or `LAM_OCI_TOO_LARGE`.
 * @param reference for messages
 */
export function readManifest(raw: RawManifest, reference: string): FunctionManifest {
  const manifest = objectIn(raw.bytes, reference, 'its manifest');
  const config = memberObject(manifest, 'config');
  const type =
    textOf(manifest['artifactType']) ?? textOf(config['mediaType']) ?? textOf(manifest['mediaType']) ?? raw.mediaType;
  if (type !== FUNCTION_TYPE) {
    if (type.startsWith(KIND)) throw lamError('LAM_OCI_NEWER', { reference, schema: type });
    throw lamError('LAM_OCI_NOT_A_FUNCTION', { reference, type: kindOfOther(type) });
  }
  const blobOf = (value: Readonly<Record<string, unknown>>, what: string): BlobIdentity => {
    const { digest, size } = value;
    if (typeof digest !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(digest) || !isSize(size))
      throw lamError('LAM_OCI_INVALID', { reference, why: `${what} has no digest and size` });
    return { digest, size };
  };
  const parts: Partial<Record<PushedPart, BlobIdentity>> = {};
  const layers: unknown[] = Array.isArray(manifest['layers']) ? manifest['layers'] : [];
  for (const layer of layers) {
    if (!isObject(layer)) continue;
    const part = PUSHED_PARTS.find((each) => partType(each) === layer['mediaType']);
    if (part === undefined) continue;
    const blob = blobOf(layer, `its ${part}`);
    if (blob.size > LIMITS.zipBytes)
      throw lamError('LAM_OCI_TOO_LARGE', {
        what: `the ${part} of '${reference}'`,
        size: blob.size,
        limit: LIMITS.zipBytes,
      });
    parts[part] = blob;
  }
  const { code } = parts;
  if (code === undefined) throw lamError('LAM_OCI_INVALID', { reference, why: 'it has no code' });
  return { config: blobOf(config, 'its configuration'), parts: { ...parts, code } };
}

/** Reads a function's configuration, which is untrusted. Throws `LAM_OCI_NEWER` or `LAM_OCI_INVALID`. */
export function readPushedVersion(bytes: Uint8Array, reference: string): PushedVersion {
  const config = objectIn(bytes, reference, 'its configuration');
  const { schema, name, version, artifact, environment, platform, by } = config;
  const invalid = (why: string): Error => lamError('LAM_OCI_INVALID', { reference, why });
  if (isSize(schema) && schema > SCHEMA) throw lamError('LAM_OCI_NEWER', { reference, schema: `schema ${schema}` });
  if (schema !== SCHEMA) throw invalid('its configuration has no schema');
  if (typeof name !== 'string' || !isFunctionName(name)) throw invalid('its configuration names no function');
  if (typeof version !== 'number' || !isVersionNumber(version)) throw invalid('its configuration names no version');
  if (typeof artifact !== 'string' || !isDigest(artifact)) throw invalid('its configuration has no digest of its code');
  const names: unknown[] = Array.isArray(environment) ? environment : [];
  return {
    name,
    version,
    artifact,
    settings: settingsOf(config, invalid),
    environment: names.filter((each): each is string => typeof each === 'string' && /^[A-Za-z_]\w*$/.test(each)),
    layers: layersOf(config, invalid),
    platform: textOf(platform) ?? '',
    by: textOf(by) ?? '',
  };
}

/** What search shows of a function, from its manifest; undefined for anything else. Never throws. */
export function manifestNotes(
  raw: RawManifest,
):
  | { readonly name: string; readonly runtime: string; readonly description: string; readonly version: string }
  | undefined {
  try {
    const manifest: unknown = JSON.parse(raw.bytes.toString('utf8'));
    if (!isObject(manifest) || manifest['artifactType'] !== FUNCTION_TYPE) return undefined;
    const notes = memberObject(manifest, 'annotations');
    const note = (key: string): string => textOf(notes[key]) ?? '';
    return {
      name: note(FUNCTION_NOTE),
      runtime: note(RUNTIME_NOTE),
      description: note(DESCRIPTION),
      version: note(VERSION),
    };
  } catch {
    return undefined;
  }
}

/** The settings that lam knows; their other values the daemon checks, as those of any deploy. */
function settingsOf(config: Readonly<Record<string, unknown>>, invalid: (why: string) => Error): ConfigInput {
  const given = memberObject(config, 'settings');
  const { runtime = '', handler = '' } = given;
  if (typeof runtime !== 'string' || typeof handler !== 'string') throw invalid('its runtime or handler is no text');
  const known = Object.entries(given).filter(
    ([field]) => Object.hasOwn(DEFAULT_CONFIG, field) && field !== 'environment' && field !== 'layers',
  );
  return Object.fromEntries(known);
}

function layersOf(config: Readonly<Record<string, unknown>>, invalid: (why: string) => Error): FunctionLayers | null {
  const { layers } = config;
  if (layers === null || layers === undefined) return null;
  if (isObject(layers)) {
    const { sources, artifact } = layers;
    const texts: unknown[] = Array.isArray(sources) ? sources : [];
    if (typeof artifact === 'string' && isDigest(artifact) && texts.every((each) => typeof each === 'string'))
      return { sources: texts, artifact };
  }
  throw invalid('its layers have no digest');
}

/** What another manifest is, in words. */
function kindOfOther(type: string): string {
  if (/image\.index|manifest\.list/.test(type)) return 'an index of container images';
  if (/image\.config|container\.image|distribution\.manifest|image\.manifest/.test(type)) return 'a container image';
  return type === '' ? 'something else' : `an artifact of type '${type.slice(0, 100)}'`;
}

function objectIn(bytes: Uint8Array, reference: string, what: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (isObject(value)) return value;
  } catch {
    // Said below.
  }
  throw lamError('LAM_OCI_INVALID', { reference, why: `${what} is not a JSON object` });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function memberObject(value: Readonly<Record<string, unknown>>, name: string): Readonly<Record<string, unknown>> {
  const found = value[name];
  return isObject(found) ? found : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
