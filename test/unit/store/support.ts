import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { byPath, DEFAULT_CONFIG, type Manifest, type Digest, digestOf } from '../../../src/contract/index.ts';
import { isLamError, type ErrorCode } from '../../../src/errors/index.ts';
import { systemClock } from '../../../src/kit/clock.ts';
import { LowdbCatalogueStore } from '../../../src/store/catalogue/lowdb-store.ts';
import type { ArtifactLimits } from '../../../src/store/artifacts/limits.ts';
import { ArtifactStore, Catalogue, type FunctionRecord, type ArtifactReferences } from '../../../src/store/index.ts';
import { layout, prepareHome, type Layout } from '../../../src/store/disk/layout.ts';
import type { Linker } from '../../../src/store/artifacts/objects.ts';
import { digestFor, asFunctionName, asVersion } from '../../support/ids.ts';

/** One entry of a zip, with every field that a hostile author controls. */
export interface ZipPart {
  readonly name: string | Buffer;
  readonly content?: string | Buffer;
  /** Unix mode with its type bits; 0 for a zip from Windows. */
  readonly mode?: number;
  readonly method?: number;
  readonly flags?: number;
  /** False values for the header. */
  readonly claims?: { readonly size?: number; readonly crc?: number };
}

/** Makes a zip byte by byte, so that any field can be wrong. */
export function zipOf(parts: readonly ZipPart[]): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const part of parts) {
    const name = Buffer.from(part.name);
    const content = Buffer.from(part.content ?? '');
    const method = part.method ?? (content.length === 0 ? 0 : 8);
    const data = method === 8 ? deflateRawSync(content) : content;
    const mode = part.mode ?? 0o100644;
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE((part.flags ?? 0) | 0x800, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(part.claims?.crc ?? crc32(content), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(part.claims?.size ?? content.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, name, data]);
    const central = Buffer.alloc(46);
    central.write('PK\x01\x02', 0, 'latin1');
    central.writeUInt16LE(((mode === 0 ? 0 : 3) << 8) | 20, 4);
    common.copy(central, 6);
    central.writeUInt32LE((mode << 16) >>> 0, 38);
    central.writeUInt32LE(offset, 42);
    directory.push(central, name);
    bodies.push(local);
    offset += local.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(parts.length, 8);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, list, end]);
}

/** Files by path; a value that begins with `->` is a symbolic link, a path that ends with `*` is executable. */
export type Files = Readonly<Record<string, string | Buffer>>;

export function manifestOf(files: Files): Manifest {
  const entries = Object.entries(files).map(([name, content]) => {
    const path = name.replace(/\*$/, '');
    if (typeof content === 'string' && content.startsWith('->'))
      return { path, kind: 'symlink' as const, target: content.slice(2) };
    const bytes = Buffer.from(content);
    return { path, kind: 'file' as const, digest: sha256(bytes), size: bytes.length, executable: name.endsWith('*') };
  });
  return { entries: entries.toSorted(byPath) };
}

/** A zip of those files whose digest is wanted (default: of all). */
export function uploadOf(files: Files, wanted?: readonly string[]): Buffer {
  const parts: ZipPart[] = [];
  for (const [name, content] of Object.entries(files)) {
    if (typeof content === 'string' && content.startsWith('->')) continue;
    if (wanted === undefined || wanted.includes(sha256(Buffer.from(content))))
      parts.push({ name: name.replace(/\*$/, ''), content });
  }
  return zipOf(parts);
}

export function sha256(bytes: Uint8Array): Digest {
  return digestOf(createHash('sha256').update(bytes));
}

export interface TestHome {
  readonly paths: Layout;
  readonly artifacts: ArtifactStore;
  remove(): Promise<void>;
}

/** A home in a new temporary folder. */
export async function testHome(
  options: { limits?: ArtifactLimits; linker?: Linker; home?: string } = {},
): Promise<TestHome> {
  const home = options.home ?? (await mkdtemp(join(tmpdir(), 'lam-store-')));
  const paths = layout(home);
  prepareHome(paths);
  const { limits, linker } = options;
  const artifacts = await ArtifactStore.open(paths, {
    clock: systemClock,
    ...(limits === undefined ? {} : { limits }),
    ...(linker === undefined ? {} : { linker }),
  });
  return { paths, artifacts, remove: () => rm(home, { recursive: true, force: true }) };
}

/** Opens the catalogue in the file at `path`, as a daemon does. */
export async function openCatalogue(path: string): Promise<Catalogue> {
  return new Catalogue(await LowdbCatalogueStore.open(path));
}

/** References for gc: only these artifacts are in use. */
export function usedOnly(...digests: readonly Digest[]): ArtifactReferences {
  return { named: () => new Set(digests) };
}

/** A function with versions 1 to `versions`, the last one live. */
export function recordOf(name: string, versions = 1, more: Partial<FunctionRecord> = {}): FunctionRecord {
  const version = (number: number): FunctionRecord['versions'][string] => {
    const config = {
      ...DEFAULT_CONFIG,
      triggers: [{ type: 'http', route: `GET /${name}/${number}` }],
      provisionedConcurrency: number,
    };
    return {
      version: asVersion(number),
      artifact: digestFor('a'.repeat(64)),
      config,
      input: {},
      createdAt: 1,
      by: '',
      message: '',
      size: 1,
    };
  };
  return {
    name: asFunctionName(name),
    createdAt: 1,
    updatedAt: 2,
    lastVersion: asVersion(versions),
    live: asVersion(versions),
    aliases: {},
    overrides: {},
    history: [],
    versions: Object.fromEntries(Array.from({ length: versions }, (_, i) => [i + 1, version(i + 1)])),
    ...more,
  };
}

/** For `assert.rejects`: expects a LamError with this code and `text` in its message. */
export function lam(code: ErrorCode, text = ''): (error: unknown) => boolean {
  return (error) => {
    if (!isLamError(error) || error.code !== code) throw error;
    if (!error.message.includes(text)) throw new Error(`'${error.message}' does not hold '${text}'`, { cause: error });
    return true;
  };
}

/** Regular files below a folder, by relative path. */
export async function filesBelow(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    found[path.slice(folder.length + 1)] = await readFile(path, 'utf8');
  }
  return found;
}

/** Disk usage of a folder (bytes), each inode counted once. */
export async function diskUse(folder: string): Promise<number> {
  const seen = new Set<number>();
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const { ino, blocks } = await stat(join(entry.parentPath, entry.name));
    if (!seen.has(ino)) bytes += blocks * 512;
    seen.add(ino);
  }
  return bytes;
}
