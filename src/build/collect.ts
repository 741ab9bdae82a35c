import { lstat, readdir, readlink } from 'node:fs/promises';
import { isAbsolute, join, posix, relative } from 'node:path';
import { LIMITS, type FunctionName } from '../contract/index.ts';
import { lamError, messageOf } from '../errors/index.ts';
import type { FileIdentity } from './artifact.ts';
import type { PackageRules } from './package-rules.ts';

export interface CollectedFile {
  readonly kind: 'file';
  /** In the artifact. */
  readonly path: string;
  /** On this machine, absolute. */
  readonly source: string;
  readonly executable: boolean;
  readonly size: number;
  /** Another text whenever the file's content may be another: identity, size, times. */
  readonly state: string;
}

export interface CollectedLink {
  readonly kind: 'symlink';
  readonly path: string;
  readonly target: string;
}

export type Collected = CollectedFile | CollectedLink;

/** A folder whose content goes into the artifact. */
export interface Layer {
  /** Absolute, without symbolic links in it. */
  readonly root: string;
  /** Folder of the artifact it goes to: empty for the root, else without a slash at the end. */
  readonly prefix: string;
  /** Asked with paths relative to `root`. */
  readonly rules: PackageRules;
}

/** archiver takes the first part of such a name for a drive letter, yauzl a backslash for a separator. */
const NO_ZIP_NAME = /\\|^\w+:/;

/** Longest path the store accepts (bytes). */
const PATH_BYTES = 1024;

/**
 * Lists a layer's entries without following links. Throws `LAM_BUILD_UNREADABLE`, `LAM_BUILD_PATH_INVALID`,
 * `LAM_BUILD_TOO_LARGE`. Sockets, pipes, devices and the files of `ownOutput` are left out with a notice.
 */
export async function collect(
  functionName: FunctionName,
  layer: Layer,
  notices: string[],
  ownOutput: readonly FileIdentity[] = [],
): Promise<readonly Collected[]> {
  const found: Collected[] = [];
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const names = await readable(functionName, folder, () =>
      readdir(join(layer.root, folder), { withFileTypes: true }),
    );
    for (const name of names) {
      const path = posix.join(folder, name.name);
      if (name.isDirectory()) {
        if (layer.rules.enters(path)) folders.push(path);
        continue;
      }
      if (!layer.rules.takes(path)) continue;
      refusePath(functionName, path);
      const collected = await readable(functionName, path, () => describe(layer, path, ownOutput));
      if (typeof collected === 'string') notices.push(`'${path}' ${collected} and was left out`);
      else found.push(collected);
      if (found.length > LIMITS.artifactFiles) {
        throw lamError('LAM_BUILD_TOO_LARGE', {
          function: functionName,
          what: 'more files',
          limit: `${LIMITS.artifactFiles} files`,
        });
      }
    }
  }
  return found;
}

/** Returns the entry, or why there is none. */
async function describe(layer: Layer, path: string, ownOutput: readonly FileIdentity[]): Promise<Collected | string> {
  const source = join(layer.root, path);
  const stats = await lstat(source);
  const inArtifact = posix.join(layer.prefix, path);
  if (stats.isSymbolicLink()) {
    return { kind: 'symlink', path: inArtifact, target: portableTarget(await readlink(source), layer.root, path) };
  }
  if (!stats.isFile()) return 'is neither a file nor a link';
  if (ownOutput.some(({ dev, ino }) => dev === stats.dev && ino === stats.ino))
    return 'receives the output of this command';
  const { dev, ino, size, mtimeMs, ctimeMs } = stats;
  const state = [dev, ino, size, mtimeMs, ctimeMs].join(' ');
  return { kind: 'file', path: inArtifact, source, executable: (stats.mode & 0o111) !== 0, size, state };
}

/** Makes an absolute target inside the layer relative, because the code is unpacked elsewhere. */
function portableTarget(target: string, root: string, path: string): string {
  if (!isAbsolute(target)) return target;
  const inside = relative(root, target);
  if (inside === '..' || inside.startsWith('../')) return target;
  return posix.relative(posix.dirname(path), inside) || '.';
}

function refusePath(functionName: FunctionName, path: string): void {
  if (NO_ZIP_NAME.test(path)) {
    throw lamError('LAM_BUILD_PATH_INVALID', {
      function: functionName,
      path,
      why: "contains a backslash, or begins with letters and ':'",
    });
  }
  if (Buffer.byteLength(path) > PATH_BYTES) {
    throw lamError('LAM_BUILD_PATH_INVALID', {
      function: functionName,
      path,
      why: `is longer than ${PATH_BYTES} bytes`,
    });
  }
}

async function readable<T>(functionName: FunctionName, path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw lamError(
      'LAM_BUILD_UNREADABLE',
      { function: functionName, path: path === '' ? '.' : path, reason: messageOf(error) },
      error,
    );
  }
}
