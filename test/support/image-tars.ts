import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { pack, type Header } from 'tar-stream';

/** A file, folder, link or device of a tar. */
export interface TarFile {
  readonly name: string;
  readonly content?: string | Uint8Array;
  readonly type?: Header['type'];
  /** Target of a link. */
  readonly linkname?: string;
  readonly mode?: number;
}

/** Writes a tar. */
export async function tarOf(files: readonly TarFile[]): Promise<Buffer> {
  const tar = pack();
  for (const { name, content = '', type = 'file', linkname, mode = 0o644 } of files)
    tar.entry({ name, type, mode, ...(linkname === undefined ? {} : { linkname }) }, Buffer.from(content));
  tar.finalize();
  return buffer(tar);
}

/** SHA-256 in hexadecimal digits. */
function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What an image is made of. */
export interface ImageParts {
  readonly layers: readonly (readonly TarFile[])[];
  readonly names?: readonly string[] | null;
  /** Members of `config` in its configuration. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Packs each layer. */
  readonly packed?: (layer: Buffer) => Buffer;
  /** Digests that the configuration names in place of the layers' own. */
  readonly diffIds?: readonly string[];
}

interface MadeImage {
  readonly config: string;
  readonly layers: readonly Buffer[];
}

async function made({ layers, config = {}, packed = (layer) => layer, diffIds }: ImageParts): Promise<MadeImage> {
  const tars = await Promise.all(layers.map((files) => tarOf(files)));
  const ids = diffIds ?? tars.map((tar) => `sha256:${sha256(tar)}`);
  const text = { architecture: 'amd64', os: 'linux', config, rootfs: { type: 'layers', diff_ids: ids } };
  return { config: JSON.stringify(text), layers: tars.map(packed) };
}

/** Files of a tar as `docker save` wrote it before version 25; the manifest is the last one. */
export async function savedFiles(parts: ImageParts): Promise<TarFile[]> {
  const { config, layers } = await made(parts);
  const names = layers.map((layer, at) => `${sha256(layer).slice(0, 12)}${at}/layer.tar`);
  const manifest = [{ Config: `${sha256(config)}.json`, RepoTags: parts.names ?? null, Layers: names }];
  return [
    ...layers.map((content, at) => ({ name: names[at] ?? '', content })),
    { name: `${sha256(config)}.json`, content: config },
    { name: 'manifest.json', content: JSON.stringify(manifest) },
  ];
}

/** Files of an OCI layout, with the `manifest.json` that newer engines add or without it. */
export async function ociFiles(parts: ImageParts, withManifest = false): Promise<TarFile[]> {
  const { config, layers } = await made(parts);
  const blob = (content: Buffer | string): TarFile => ({ name: `blobs/sha256/${sha256(content)}`, content });
  const described = (content: Buffer | string, mediaType: string): object => ({
    mediaType,
    digest: `sha256:${sha256(content)}`,
    size: content.length,
  });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    config: described(config, 'application/vnd.oci.image.config.v1+json'),
    layers: layers.map((layer) => described(layer, 'application/vnd.oci.image.layer.v1.tar')),
  });
  const [name] = parts.names ?? [];
  const annotations =
    name === undefined ? {} : { annotations: { 'io.containerd.image.name': `docker.io/library/${name}` } };
  const index = {
    schemaVersion: 2,
    manifests: [{ ...described(manifest, 'application/vnd.oci.image.manifest.v1+json'), ...annotations }],
  };
  const saved = [
    {
      Config: blob(config).name,
      RepoTags: parts.names ?? null,
      Layers: layers.map((layer) => blob(layer).name),
    },
  ];
  const blobs = new Map([config, manifest, ...layers].map((content) => [blob(content).name, blob(content)]));
  return [
    ...blobs.values(),
    { name: 'index.json', content: JSON.stringify(index) },
    ...(withManifest ? [{ name: 'manifest.json', content: JSON.stringify(saved) }] : []),
    { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
  ];
}
