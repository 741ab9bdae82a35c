import type { Digest } from '../../contract/index.ts';
import { isDigest } from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';
import type { ArchivedFile, IndexedArchive } from './archive-index.ts';
import { damaged } from './tar.ts';

/** What an image runs, as its configuration says it. */
export interface ImageProgram {
  readonly entryPoint: readonly string[];
  readonly command: readonly string[];
  /** Absolute path in the image. */
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** A layer of an image. */
export interface RecipeLayer {
  /** The file of the tar. */
  readonly file: string;
  /** Digest of its content, unpacked. */
  readonly diffId: Digest;
}

/** How an image is made of the files of its tar. */
export interface ImageRecipe {
  /** `name:tag`, as they are in the tar. */
  readonly names: readonly string[];
  /** `sha256:` and the digest of its configuration, as Docker has it. */
  readonly id: string;
  /** Docker's word for the processor: `amd64`. */
  readonly architecture: string;
  readonly program: ImageProgram;
  /** The lowest first. */
  readonly layers: readonly RecipeLayer[];
}

/** Layers of one image, and images of one tar. */
const MOST_LAYERS = 1000;
const MOST_IMAGES = 100;
/** Nested lists of images that are followed, and entries of all of them together. */
const MOST_DEPTH = 4;
const MOST_LISTED = 10 * MOST_IMAGES;

/** Of hosts, paths, tags and digests, as engines have them; most of another one in messages (characters). */
const NAME = /^\w[\w./:@-]{0,511}$/;
const MOST_SHOWN = 100;

/** Docker's words for this machine: of an image for several, the one for it is meant. */
const MACHINE = `linux/${{ x64: 'amd64', ia32: '386' }[process.arch as string] ?? process.arch}`;

type Json = Readonly<Record<string, unknown>>;

/**
 * The images of a tar that `docker save` wrote, or of an OCI layout in a tar. Throws `LAM_STORE_IMAGE_INVALID`, or
 * `LAM_STORE_IMAGE_DAMAGED` where a part is missing or another one. Pure.
 */
export function recipesOf(indexed: IndexedArchive): readonly ImageRecipe[] {
  const archive: ListedArchive = { ...indexed, parsed: new Map(), listed: { count: 0 } };
  const list = listOf(jsonOf(archive, 'manifest.json'));
  // Before each is read: a short tar may list the same image many times.
  if (list !== undefined) refuseCount(list.length);
  const recipes =
    list !== undefined
      ? list.map((image) => savedRecipe(archive, objectOf(image, 'manifest.json')))
      : ociRecipes(archive, objectOf(jsonOf(archive, 'index.json'), 'index.json', true), MOST_DEPTH);
  refuseCount(recipes.length);
  return recipes;
}

function refuseCount(images: number): void {
  if (images === 0 || images > MOST_IMAGES) throw invalid(`it holds ${images} images`);
}

/** An archive while its images are read. */
interface ListedArchive extends IndexedArchive {
  /** What was read of its files of JSON, each once. */
  readonly parsed: Map<ArchivedFile, unknown>;
  /** Entries of lists that were followed. */
  readonly listed: { count: number };
}

/** An entry of `manifest.json`, as `docker save` writes it. */
function savedRecipe(archive: ListedArchive, image: Json): ImageRecipe {
  const name = textOf(image['Config']) ?? '';
  const found = fileOf(archive, name);
  const named = /(?:^|\/)([0-9a-f]{64})(?:\.json)?$/.exec(name)?.[1];
  if (named !== undefined && named !== found.digest) throw damaged(name, `its content has the digest ${found.digest}`);
  const layers = (listOf(image['Layers']) ?? []).map((layer) => textOf(layer) ?? '');
  return recipeOf(archive, { config: name, layers, names: textsOf(image['RepoTags']) });
}

/** The images of an OCI index, and of the indexes in it. */
function ociRecipes(archive: ListedArchive, index: Json, depth: number): readonly ImageRecipe[] {
  if (depth === 0) throw invalid('its lists of images are nested too deeply');
  const entries = listOf(index['manifests']) ?? [];
  // Lists that name each other make more entries than could be read in years.
  archive.listed.count += entries.length;
  if (archive.listed.count > MOST_LISTED) throw invalid(`its lists of images have over ${MOST_LISTED} entries`);
  const descriptors = entries.map((entry) => objectOf(entry, 'index.json'));
  const ofMachine = descriptors.filter((descriptor) => platformOf(descriptor) === MACHINE);
  return (ofMachine.length === 0 ? descriptors : ofMachine).flatMap((descriptor) => {
    const blob = blobOf(descriptor);
    const manifest = objectOf(jsonOf(archive, blob), blob);
    if (listOf(manifest['manifests']) !== undefined) return ociRecipes(archive, manifest, depth - 1);
    const config = objectOf(manifest['config'], blob);
    // Attestations of builds are listed beside images.
    if (!/image\.config|container\.image\.v1/.test(textOf(config['mediaType']) ?? '')) return [];
    const layers = (listOf(manifest['layers']) ?? []).map((layer) => blobOf(objectOf(layer, blob)));
    return [recipeOf(archive, { config: blobOf(config), layers, names: annotatedNames(descriptor) })];
  });
}

/** The platform of an image in a list: `linux/amd64`. */
function platformOf({ platform }: Json): string {
  const { os, architecture } = objectOf(platform ?? {}, 'index.json');
  return `${textOf(os) ?? ''}/${textOf(architecture) ?? ''}`;
}

function annotatedNames({ annotations }: Json): readonly string[] {
  const notes = objectOf(annotations ?? {}, 'index.json');
  const name = textOf(notes['io.containerd.image.name']) ?? textOf(notes['org.opencontainers.image.ref.name']);
  return name === undefined || !/[:/]/.test(name) ? [] : [name];
}

interface Parts {
  readonly config: string;
  readonly layers: readonly string[];
  readonly names: readonly string[];
}

function recipeOf(archive: ListedArchive, { config: file, layers, names }: Parts): ImageRecipe {
  const config = objectOf(jsonOf(archive, file), file);
  const diffIds = textsOf(objectOf(config['rootfs'] ?? {}, file)['diff_ids']);
  if (diffIds.length !== layers.length || layers.length > MOST_LAYERS)
    throw damaged(file, `it names ${diffIds.length} layers, and the image has ${layers.length}`);
  return {
    names: names.map(plainName),
    id: `sha256:${fileOf(archive, file).digest}`,
    architecture: textOf(config['architecture']) ?? '',
    program: programOf(objectOf(config['config'] ?? {}, file)),
    layers: layers.map((layer, at) => {
      const diffId = (diffIds[at] ?? '').replace(/^sha256:/, '');
      if (!isDigest(diffId)) throw damaged(file, `'${diffIds[at]}' is no digest`);
      const name = archive.nameOf(layer);
      if (name === undefined) throw damaged(layer, 'it is missing');
      return { file: name, diffId };
    }),
  };
}

/** A name without Docker's own registry. */
function plainName(name: string): string {
  if (!NAME.test(name)) throw invalid(`'${name.slice(0, MOST_SHOWN)}' is no name of an image`);
  return name.replace(/^docker\.io\/(?:library\/)?/, '');
}

function programOf(config: Json): ImageProgram {
  const lists = [config['Env'], config['Entrypoint'], config['Cmd'], [config['WorkingDir']]].map(textsOf);
  // No system starts a program with one.
  if (lists.flat().some((text) => text.includes('\0'))) throw invalid('a text of its program has a NUL character');
  const variables = textsOf(config['Env']).map((line): readonly [string, string] => {
    const at = line.indexOf('=');
    return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
  });
  return {
    entryPoint: textsOf(config['Entrypoint']),
    command: textsOf(config['Cmd']),
    workingDirectory: textOf(config['WorkingDir']) || '/',
    environment: Object.fromEntries(variables),
  };
}

/** The file of a blob that a descriptor names. */
function blobOf(descriptor: Json): string {
  const digest = textOf(descriptor['digest']) ?? '';
  const [, hex] = /^sha256:([0-9a-f]{64})$/.exec(digest) ?? [];
  if (hex === undefined) throw invalid(`'${digest}' is no SHA-256 digest`);
  return `blobs/sha256/${hex}`;
}

function fileOf({ files, nameOf }: IndexedArchive, name: string): { readonly digest: Digest; readonly json?: string } {
  const found = files.get(nameOf(name) ?? '');
  if (found === undefined) throw damaged(name, 'it is missing');
  return { digest: found.digest, ...(found.json === undefined ? {} : { json: found.json }) };
}

/** The JSON of a file; undefined where there is no such file of the tar's own. */
function jsonOf({ files, nameOf, parsed }: ListedArchive, name: string): unknown {
  const found = files.get(nameOf(name) ?? '');
  if (found === undefined) return undefined;
  if (parsed.has(found)) return parsed.get(found);
  try {
    const value: unknown = JSON.parse(found.json ?? '');
    parsed.set(found, value);
    return value;
  } catch (error) {
    throw damaged(name, 'it is not JSON', error);
  }
}

function objectOf(value: unknown, name: string, isFirst = false): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  if (isFirst && value === undefined)
    throw invalid('it has neither manifest.json nor index.json, so docker save did not make it');
  throw value === undefined ? damaged(name, 'it is missing') : damaged(name, 'it is no JSON object');
}

function listOf(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function textsOf(value: unknown): readonly string[] {
  return (listOf(value) ?? []).flatMap((one) => textOf(one) ?? []);
}

function invalid(why: string): Error {
  return lamError('LAM_STORE_IMAGE_INVALID', { why });
}
