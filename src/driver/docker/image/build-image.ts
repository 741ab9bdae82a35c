import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { lamError } from '../../../errors/index.ts';
import type { Runtime } from '../../../runtimes/index.ts';
import { NAME_FILES, PLACES } from '../base/host-base.ts';
import { tarPieces } from '../base/tar.ts';
import { dockerError } from '../engine/docker-errors.ts';
import { Interpreters } from '../../shared/interpreters.ts';
import { ImageFiles, leftOut } from './image-files.ts';
import { sharedLibraries } from './shared-libraries.ts';

/** A small image, made of what this machine has. */
export interface BuiltImage {
  /** `lam-python3:3.11.2`, or the tag that was asked for. */
  readonly image: string;
  /** The engine's id of it: `sha256:...`. */
  readonly id: string;
  /** As the engine counts (bytes). */
  readonly size: number;
  readonly files: number;
  /** The interpreter's version; null for runtimes without one. */
  readonly version: string | null;
}

/** How to build an image. */
export interface ImageOrder {
  readonly runtime: Runtime;
  /** Null: named by runtime and version. */
  readonly tag: string | null;
  readonly socketPath: string;
  /** Runs a Node program, whose path follows. */
  readonly nodeCommand: readonly string[];
  /** Receives what is done, a line at a time. */
  readonly say: (line: string) => void;
}

/**
 * What every image has: a shell, which subprocesses want; certificates; a locale; and the libraries of name look-ups that
 * the C library loads by itself.
 */
const COMMON: readonly string[] = [
  // OpenSSL looks below the first; the second holds certificates and no keys.
  ...['/bin/sh', '/usr/lib/ssl/certs', '/etc/ssl/certs', '/usr/lib/ssl/openssl.cnf', '/etc/mime.types'],
  ...['/usr/lib/locale/C.utf8', '/usr/share/zoneinfo/UTC', '/usr/share/zoneinfo/Etc/UTC'],
];
const LIBRARY_FOLDERS = ['/lib', '/usr/lib', '/lib64', '/usr/lib64'];
/** Loaded by name at run time: name look-ups, and the one that ends threads. */
const LOADED_LATER = /^lib(?:nss_(?:dns|files)|resolv|gcc_s)\.so\.\d+$/;
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Marks the images that lam makes. */
const LABEL = 'lam.small-image';
/** Statuses of the engine. */
const NOT_FOUND = 404;
const IN_USE = 409;
const ASK_MS = 10_000;
const SINGLE_FILE = 'this lam is a single file, and brings no Node that is a program of its own';

/**
 * Builds an image with the interpreter of a runtime and what that needs, from this machine, and loads it into the engine.
 * Throws `LAM_DRIVER_RUNTIME_MISSING`, `LAM_DRIVER_NO_SMALL_IMAGE` or an error of the engine.
 */
export async function buildImage(order: ImageOrder): Promise<BuiltImage> {
  const { runtime, say } = order;
  if (process.platform !== 'linux')
    throw lamError('LAM_DRIVER_NO_SMALL_IMAGE', { runtime: runtime.family, reason: 'it does not run Linux' });
  const { entry } = runtime.descriptor;
  const found =
    entry.kind === 'interpreter'
      ? await new Interpreters(order.nodeCommand).find(entry.interpreter, runtime.version)
      : undefined;
  const files = new ImageFiles();
  await addInterpreter(files, runtime, found?.command ?? []);
  for (const path of [...COMMON, ...(await laterLibraries())]) await files.add(path);
  say(`looking for the shared libraries of ${files.files.length} files`);
  for (const path of await sharedLibraries(files.files)) await files.add(path);
  for (const made of [...PLACES, ...NAME_FILES]) files.addMade(made);
  say(`loading ${files.entries.length} files and folders into the engine`);
  const version = found?.version ?? null;
  const image = order.tag ?? `lam-${runtime.family}:${version ?? 'latest'}`;
  try {
    const { id, size } = await load(order.socketPath, image, files);
    return { image, id, size, files: files.files.length, version };
  } catch (thrown) {
    throw dockerError(thrown, { socketPath: order.socketPath, functionName: '', image });
  }
}

async function addInterpreter(files: ImageFiles, runtime: Runtime, command: readonly string[]): Promise<void> {
  const { entry } = runtime.descriptor;
  const [executable] = command;
  if (entry.kind !== 'interpreter' || entry.interpreter.inImage === null || executable === undefined) return;
  if (command.length > 1) throw lamError('LAM_DRIVER_NO_SMALL_IMAGE', { runtime: runtime.family, reason: SINGLE_FILE });
  for (const path of ['usr', 'usr/local', 'usr/local/bin']) files.addMade({ kind: 'directory', path, mode: 0o755 });
  const inImage = `usr/local/bin/${entry.interpreter.inImage}`;
  // Node needs nothing beside it, and may be below a folder that containers cover, such as /tmp.
  if (entry.interpreter.kind === 'lam-node') return files.addAt(inImage, executable);
  await files.add(executable);
  files.addMade({ kind: 'symlink', path: inImage, target: executable });
  const parts = entry.interpreter.kind === 'on-path' ? entry.interpreter.parts : undefined;
  if (parts === undefined) return;
  const printed = parts.ask.length === 0 ? '' : await ask(executable, parts.ask);
  for (const folder of parts.folders(printed, executable)) await files.add(folder, leftOut(parts.leaveOut));
}

function ask(program: string, words: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, words, { timeout: ASK_MS }, (_error, stdout) => resolve(stdout));
  });
}

async function laterLibraries(): Promise<readonly string[]> {
  const folders = LIBRARY_FOLDERS.flatMap((folder) => [
    folder,
    `${folder}/x86_64-linux-gnu`,
    `${folder}/aarch64-linux-gnu`,
  ]);
  const found: string[] = [];
  for (const folder of folders.filter((path) => existsSync(path)))
    for (const name of await readdir(folder)) if (LOADED_LATER.test(name)) found.push(join(folder, name));
  return found;
}

async function load(socketPath: string, image: string, files: ImageFiles): Promise<{ id: string; size: number }> {
  const { default: Docker } = await import('dockerode');
  const docker = new Docker({ socketPath });
  const colon = image.lastIndexOf(':');
  const hasTag = colon > image.lastIndexOf('/');
  const [repo, tag] = hasTag ? [image.slice(0, colon), image.slice(colon + 1)] : [image, 'latest'];
  const before = await idOf(docker, `${repo}:${tag}`);
  const changes = [`ENV PATH=${PATH}`, `LABEL ${LABEL}=1`];
  const stream = await docker.importImage(Readable.from(tarPieces(files.entries)), { repo, tag, changes });
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(stream, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
  const { Id: id, Size: size } = await docker.getImage(`${repo}:${tag}`).inspect();
  if (before !== undefined && before !== id) await removeReplaced(docker, before);
  return { id, size };
}

/** The id of an image; undefined if the engine has none of that name. */
async function idOf(docker: Docker, image: string): Promise<string | undefined> {
  try {
    return (await docker.getImage(image).inspect()).Id;
  } catch (thrown) {
    if (statusOf(thrown) === NOT_FOUND) return undefined;
    throw thrown;
  }
}

/** Removes a small image that has lost its name, unless a container or another image uses it. */
async function removeReplaced(docker: Docker, id: string): Promise<void> {
  try {
    const { RepoTags: names, Config: config } = await docker.getImage(id).inspect();
    if (config.Labels?.[LABEL] === '1' && (names ?? []).length === 0) await docker.getImage(id).remove();
  } catch (thrown) {
    if (![NOT_FOUND, IN_USE].includes(statusOf(thrown) ?? 0)) throw thrown;
  }
}

function statusOf(thrown: unknown): number | undefined {
  return (thrown as { readonly statusCode?: number } | null)?.statusCode;
}
