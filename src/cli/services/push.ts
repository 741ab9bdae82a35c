import { createHash, type KeyObject } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { buildLayerFolder, writeZip, type ZipItem } from '../../build/index.ts';
import type { LamClient } from '../../client/index.ts';
import type { Digest, FunctionDetail, FunctionName, VersionInfo, VersionNumber } from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';
import { together } from '../../kit/index.ts';
import {
  makeManifest,
  OCI_MANIFEST_TYPE,
  ociDigest,
  ociReferenceText,
  pushedSettings,
  pushSignature,
  RegistryConnection,
  RemoteRepository,
  type BlobIdentity,
  type OciOptions,
  type OciReference,
  type PushedPart,
} from '../../oci/index.ts';
import { withoutVariableValues } from '../../project/index.ts';
import { requireRuntime } from '../../runtimes/index.ts';
import { transferProgress } from './transfer-progress.ts';

/** What to push, and where to. */
export interface PushRequest {
  readonly detail: FunctionDetail;
  readonly version: VersionNumber;
  readonly reference: OciReference & { readonly tag: string };
  /** Absolute path of a folder that is pushed with the code, for others to begin with. */
  readonly template: string | undefined;
  readonly key: KeyObject | undefined;
  /** lam's version. */
  readonly by: string;
}

/** A version that a registry has. */
export interface PushAnswer {
  readonly name: FunctionName;
  readonly version: VersionNumber;
  /** With the tag. */
  readonly reference: string;
  /** Of the manifest: what the tag means. */
  readonly digest: string;
  /** Of the code, as `lam describe` shows it. */
  readonly artifact: Digest;
  /** Bytes of its zips, and of those that the registry did not have. */
  readonly size: number;
  readonly sent: number;
  readonly signed: boolean;
  /** Names of variables, whose values stay here. */
  readonly environment: readonly string[];
}

/** Where a push gets code from, and the folder for its zips. */
export interface PushPlace {
  readonly client: LamClient;
  readonly folder: string;
  readonly oci: OciOptions;
}

interface Zip extends BlobIdentity {
  readonly file: string;
}

/** Files up to this size go into a zip as they are in memory (bytes). */
const WHOLE_BYTES = 8 * 1024 * 1024;
/** Files that installers make again. */
const INSTALLED_FILE = /(?:^|\/)node_modules\//;

/**
 * Pushes a version: its zips, its configuration, and last its manifest, so that an interrupted push shows nothing of
 * itself. Throws `LAM_OCI_*`, `LAM_REGISTRY_VERSION_NOT_FOUND`, `LAM_BUILD_*`.
 */
export async function push(
  { detail, version, reference, template, key, by }: PushRequest,
  { client, folder, oci }: PushPlace,
  say: (line: string) => void,
): Promise<PushAnswer> {
  const info = versionIn(detail, version);
  refuseImage(detail.name, info);
  using connection = new RegistryConnection(reference.host, oci);
  const repository = new RemoteRepository(connection, reference.repository);
  // Before the code is packed: whether the registry is there and lets this user in.
  await repository.manifest(reference.tag);
  const { artifact, config } = info;
  const zips = new Map<PushedPart, Zip>();
  zips.set('code', await zipArtifact(client, artifact, join(folder, 'code.zip')));
  if (config.layers !== null)
    zips.set('layers', await zipArtifact(client, config.layers.artifact, join(folder, 'layers.zip')));
  if (template !== undefined)
    zips.set('template', await zipTemplate(detail.name, template, join(folder, 'template.zip')));
  const environment = Object.keys(config.environment).toSorted();
  const pushed = {
    name: detail.name,
    version,
    artifact,
    settings: pushedSettings(config),
    environment,
    layers: config.layers,
    platform: `${process.platform}/${process.arch}`,
    by,
  };
  const { code, ...more } = Object.fromEntries(zips) as Readonly<Record<PushedPart, Zip>>;
  const manifest = makeManifest(pushed, { code, ...more });
  let sent = 0;
  await together(
    [...zips].map(async ([part, zip]) => {
      const what = `the ${part}`;
      const onBytes = transferProgress('sending', { what, total: zip.size }, say);
      const open = (): Readable => createReadStream(zip.file, { highWaterMark: 256 * 1024 });
      if (await repository.pushBlob(zip, open, { what, onBytes })) sent += zip.size;
    }),
  );
  const configBlob = { digest: ociDigest(manifest.config), size: manifest.config.length };
  const openConfig = (): Readable => Readable.from([manifest.config], { objectMode: false });
  await repository.pushBlob(configBlob, openConfig, { what: 'the configuration' });
  await repository.putManifest(reference.tag, manifest.bytes, OCI_MANIFEST_TYPE);
  if (key !== undefined) await pushSignature(repository, { ...reference, digest: manifest.digest }, key);
  return {
    name: detail.name,
    version,
    reference: ociReferenceText(reference),
    digest: manifest.digest,
    artifact,
    size: [...zips.values()].reduce((sum, { size }) => sum + size, 0),
    sent,
    signed: key !== undefined,
    environment,
  };
}

function versionIn({ name, allVersions }: FunctionDetail, version: VersionNumber): VersionInfo {
  const info = allVersions.find((each) => each.version === version);
  if (info !== undefined) return info;
  throw lamError('LAM_REGISTRY_VERSION_NOT_FOUND', { name, version: String(version) });
}

function refuseImage(name: FunctionName, { config }: VersionInfo): void {
  const { descriptor } = requireRuntime(config.runtime);
  if (descriptor.entry.kind === 'image')
    throw lamError('LAM_OCI_IMAGE_FUNCTION', { name, image: config.image ?? config.runtime });
}

/** Writes a zip of an artifact, whose bytes depend on its files alone. */
async function zipArtifact(client: LamClient, artifact: Digest, file: string): Promise<Zip> {
  const through = new PassThrough();
  const [zip] = await Promise.all([saved(through, file), writeZip(through, itemsOf(client, artifact))]);
  return zip;
}

async function* itemsOf(client: LamClient, artifact: Digest): AsyncGenerator<ZipItem, void, void> {
  for await (const { entry, content } of client.artifacts.files(artifact)) {
    const { path } = entry;
    if (entry.kind === 'symlink') yield { path, target: entry.target };
    else if (entry.size > WHOLE_BYTES)
      yield { path, executable: entry.executable, content: Readable.from(content, { objectMode: false }) };
    else {
      const pieces: Buffer[] = [];
      for await (const piece of content) pieces.push(piece);
      yield { path, executable: entry.executable, content: Buffer.concat(pieces) };
    }
  }
}

async function zipTemplate(name: FunctionName, folder: string, file: string): Promise<Zip> {
  const built = await buildLayerFolder(name, folder, {});
  const project = await projectFileIn(folder);
  const through = new PassThrough();
  const [zip] = await Promise.all([saved(through, file), writeZip(through, templateItems(built, project))]);
  return zip;
}

/** The files of a template, without what is installed or may be secret. */
async function* templateItems(
  { manifest, files }: Awaited<ReturnType<typeof buildLayerFolder>>,
  project: string | undefined,
): AsyncGenerator<ZipItem, void, void> {
  // Rules for packages leave it out at the top.
  if (project !== undefined) yield { path: 'lam.yaml', executable: false, content: Buffer.from(project) };
  for (const entry of manifest.entries) {
    const { path } = entry;
    const source = files.get(path);
    if (INSTALLED_FILE.test(path)) continue;
    if (entry.kind === 'symlink') yield { path, target: entry.target };
    else if (source !== undefined && /(?:^|\/)lam\.ya?ml$/.test(path)) {
      const text = withoutVariableValues(await readFile(source, 'utf8'));
      yield { path, executable: false, content: Buffer.from(text) };
    } else if (source !== undefined) yield { path, source, executable: entry.executable, size: entry.size };
  }
}

/** The text of a folder's own project file, without values of variables; undefined where it has none. */
async function projectFileIn(folder: string): Promise<string | undefined> {
  for (const name of ['lam.yaml', 'lam.yml']) {
    const text = await readFile(join(folder, name), 'utf8').catch(() => undefined);
    if (text !== undefined) return withoutVariableValues(text);
  }
  return undefined;
}

async function saved(zip: Readable, file: string): Promise<Zip> {
  const hash = createHash('sha256');
  const hashed = async function* (pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
    for await (const piece of pieces) {
      hash.update(piece);
      yield piece;
    }
  };
  await pipeline(zip, hashed, createWriteStream(file, { mode: 0o600 }));
  return { file, digest: `sha256:${hash.digest('hex')}`, size: (await stat(file)).size };
}
