import { readFile } from 'node:fs/promises';
import {
  artifactDigest,
  byPath,
  isDigest,
  unpackedSize,
  type Digest,
  type Manifest,
  type ManifestEntry,
} from '../../contract/index.ts';
import { isLamError, lamError } from '../../errors/index.ts';
import type { ArtifactLimits } from './limits.ts';
import { errnoOf } from '../disk/io-errors.ts';
import type { Layout } from '../disk/layout.ts';
import { pathFault, treeFault } from './tree-rules.ts';

/**
 * Validates an untrusted manifest: every entry must be well-formed, sorted, unique and safe to lay out. Returns it with
 * its known members only. Throws `LAM_STORE_MANIFEST_INVALID`, `LAM_STORE_ZIP_TOO_MANY_FILES` or
 * `LAM_STORE_ZIP_TOO_LARGE`.
 */
export function checkManifest(value: unknown, limits: ArtifactLimits): Manifest {
  const given: unknown = typeof value === 'object' && value !== null && 'entries' in value ? value.entries : undefined;
  if (!Array.isArray(given)) throw invalid("it has no list 'entries'");
  if (given.length > limits.artifactFiles)
    throw lamError('LAM_STORE_ZIP_TOO_MANY_FILES', { files: given.length, limit: limits.artifactFiles });
  const entries = given.map((entry, index) => checkEntry(entry, index));
  for (const [index, entry] of entries.entries()) {
    const before = entries[index - 1];
    if (before === undefined) continue;
    const order = byPath(before, entry);
    if (order === 0) throw invalid(`'${entry.path}' occurs twice`);
    if (order > 0) throw invalid(`'${entry.path}' is not in order`);
  }
  const fault = treeFault(entries);
  if (fault !== undefined) throw invalid(`'${fault.path}': ${fault.why}`);
  const manifest: Manifest = { entries };
  if (unpackedSize(manifest) > limits.unpackedBytes) {
    throw lamError('LAM_STORE_ZIP_TOO_LARGE', { what: 'the unpacked artifact', limit: limits.unpackedBytes });
  }
  return manifest;
}

/** No limits: a stored manifest kept to those of its time. */
const UNLIMITED: ArtifactLimits = { zipBytes: Infinity, unpackedBytes: Infinity, artifactFiles: Infinity };

/**
 * Reads the manifest of a stored artifact. Throws `LAM_STORE_ARTIFACT_LOST` where it is missing, or is not the one with
 * this digest: its paths are followed, so that an altered one must not be believed.
 */
export async function readManifest(paths: Layout, digest: Digest): Promise<Manifest> {
  let text: string;
  try {
    text = await readFile(paths.manifest(digest), 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw lost(paths, digest, error);
    throw error;
  }
  let manifest: Manifest;
  try {
    manifest = checkManifest(JSON.parse(text), UNLIMITED);
  } catch (error) {
    throw lost(paths, digest, error);
  }
  if (artifactDigest(manifest) !== digest) throw lost(paths, digest);
  return manifest;
}

/** Whether a stored artifact's manifest can be read and is its own. */
export async function hasManifest(paths: Layout, digest: Digest): Promise<boolean> {
  try {
    await readManifest(paths, digest);
    return true;
  } catch (error) {
    if (isLamError(error)) return false;
    throw error;
  }
}

/** Returns the error of an artifact whose files are missing or altered. */
export function lost(paths: Layout, digest: Digest, cause?: unknown): Error {
  return lamError('LAM_STORE_ARTIFACT_LOST', { artifact: digest, path: paths.artifact(digest) }, cause);
}

function checkEntry(value: unknown, index: number): ManifestEntry {
  if (typeof value !== 'object' || value === null) throw invalid(`entry ${index} is not an object`);
  const { path, kind, digest, size, executable, target } = value as Record<string, unknown>;
  if (typeof path !== 'string') throw invalid(`entry ${index} has no path`);
  const fault = pathFault(path);
  if (fault !== undefined) throw invalid(`path '${path}': ${fault}`);
  if (kind === 'symlink') {
    if (typeof target !== 'string' || !target.isWellFormed()) throw invalid(`'${path}' has no target`);
    return { path, kind, target };
  }
  if (kind !== 'file') throw invalid(`'${path}' is neither a file nor a symlink`);
  if (typeof digest !== 'string' || !isDigest(digest))
    throw invalid(`'${path}' has no SHA-256 digest in lower-case hex`);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw invalid(`'${path}' has no size`);
  if (typeof executable !== 'boolean') throw invalid(`'${path}' does not say whether it is executable`);
  return { path, kind, digest, size, executable };
}

function invalid(why: string): Error {
  return lamError('LAM_STORE_MANIFEST_INVALID', { why });
}
