import { createHash } from 'node:crypto';
import { digestOf, type Digest } from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';
import { pathFault } from '../artifacts/tree-rules.ts';
import type { Pieces } from './bytes.ts';
import { damaged, tarEntries, type ArchiveEntry } from './tar.ts';

/** A file of an image's tar. */
export interface ArchivedFile {
  /** Of its content as it is in the tar. */
  readonly digest: Digest;
  /** Its text, if it is JSON and not too long. */
  readonly json: string | undefined;
}

/** Files of an image's tar by their names, links followed. */
export type ArchiveIndex = ReadonlyMap<string, ArchivedFile>;

/** Names under which the same content is a file of a tar: how links are found again. */
export interface IndexedArchive {
  readonly files: ArchiveIndex;
  /** The name of the file that a name stands for. */
  readonly nameOf: (name: string) => string | undefined;
}

/** Most entries of the tar itself: an image has a few per layer. */
const MOST_ENTRIES = 10_000;
/** Longest JSON that is kept, and all together (bytes). */
const JSON_BYTES = 4 * 1024 * 1024;
const ALL_JSON_BYTES = 64 * 1024 * 1024;
/** Links that are followed from one name. */
const MOST_HOPS = 10;
const BLOB = /^blobs\/sha256\/([0-9a-f]{64})$/;
/** What the tar is called in errors. */
export const THE_UPLOAD = 'the upload';

/**
 * Reads the tar of an image once: the digest of each file, and what is JSON. Throws `LAM_STORE_IMAGE_DAMAGED`,
 * `LAM_STORE_IMAGE_UNSAFE` or `LAM_STORE_IMAGE_INVALID`.
 */
export async function indexArchive(tar: Pieces): Promise<IndexedArchive> {
  const files = new Map<string, ArchivedFile>();
  const links = new Map<string, string>();
  let count = 0;
  let jsonBytes = 0;
  for await (const entry of tarEntries(tar, THE_UPLOAD)) {
    if (++count > MOST_ENTRIES) throw lamError('LAM_STORE_IMAGE_INVALID', { why: `it has over ${MOST_ENTRIES} files` });
    if (entry.kind === 'directory') continue;
    const name = safeName(entry.name);
    if (files.has(name) || links.has(name)) throw damaged(THE_UPLOAD, `'${name}' occurs twice`);
    if (entry.kind === 'file') {
      const file = await readFile(entry, ALL_JSON_BYTES - jsonBytes);
      jsonBytes += file.json?.length ?? 0;
      const named = BLOB.exec(name)?.[1];
      if (named !== undefined && named !== file.digest)
        throw damaged(name, `its content has the digest ${file.digest}`);
      files.set(name, file);
    } else if (entry.kind === 'other') throw unsafe(name, 'it is a device or a pipe');
    else links.set(name, targetOf(name, entry));
  }
  return {
    files,
    nameOf(name) {
      let at: string | undefined = name.replace(/^(?:\.\/+)+/, '');
      for (let hops = 0; at !== undefined && !files.has(at) && hops < MOST_HOPS; hops++) at = links.get(at);
      return at !== undefined && files.has(at) ? at : undefined;
    },
  };
}

async function readFile({ content, size }: ArchiveEntry, room: number): Promise<ArchivedFile> {
  const hash = createHash('sha256');
  const pieces: Uint8Array[] = [];
  let isKept: boolean | undefined;
  for await (const piece of content) {
    hash.update(piece);
    isKept ??=
      size <= Math.min(JSON_BYTES, room) && /^\s*[{[]/.test(Buffer.from(piece.subarray(0, 16)).toString('latin1'));
    if (isKept) pieces.push(piece);
  }
  return { digest: digestOf(hash), json: isKept === true ? Buffer.concat(pieces).toString('utf8') : undefined };
}

function safeName(name: string): string {
  const path = name.replace(/^(?:\.\/+)+/, '');
  const fault = pathFault(path);
  if (fault !== undefined) throw unsafe(name, fault);
  return path;
}

/** The name in the tar that a link leads to. */
function targetOf(name: string, { kind, target }: ArchiveEntry): string {
  if (kind === 'hardlink') return safeName(target);
  if (target.startsWith('/')) throw unsafe(name, `it is a link to '${target}', which is absolute`);
  const at = name.split('/').slice(0, -1);
  for (const part of target.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') at.push(part);
    else if (at.pop() === undefined) throw unsafe(name, `it is a link to '${target}', which leads out of the tar`);
  }
  return at.join('/');
}

/** The error of a path that must not be followed. */
export function unsafe(entry: string, why: string): Error {
  return lamError('LAM_STORE_IMAGE_UNSAFE', { entry, why });
}
