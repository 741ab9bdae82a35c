import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';

/** A version of a file, as the file system shows it. */
export interface FileVersion {
  /** Equal for equal versions: size, modification time and inode. */
  readonly version: string;
  /** When name, mode or content changed last, so that a file that was away and came back is told from one that stayed. */
  readonly changed: string;
  /** The same time (ms since the epoch). */
  readonly changedAt: number;
  /** Bytes. */
  readonly size: number;
  /** Whether its content is older than its place: it was moved here, or copied with its times. */
  readonly isMoved: boolean;
}

/**
 * The version of a regular file; undefined for anything else. @param withInode whether inode numbers of the file system
 * are lasting
 */
export function versionOf(stat: BigIntStats | undefined, withInode: boolean): FileVersion | undefined {
  if (stat?.isFile() !== true) return undefined;
  const { size, mtimeNs, ctimeNs, ino } = stat;
  return {
    version: `${size}-${mtimeNs}${withInode ? `-${ino}` : ''}`,
    changed: String(ctimeNs),
    changedAt: Number(ctimeNs / 1_000_000n),
    size: Number(size),
    isMoved: ctimeNs > mtimeNs,
  };
}

/** The text that is kept of a version that was reported. */
export function keptText({ version, changed }: FileVersion): string {
  return `${version} ${changed}`;
}

/** Whether a kept text is of this version. */
export function isOf(text: string | undefined, { version }: FileVersion): boolean {
  return text?.split(' ', 1)[0] === version;
}

/** Identifies a version among those of a file, in the form of an MD5 sum. It says nothing of the content. */
export function eTagOf({ version }: FileVersion): string {
  return createHash('sha256').update(version).digest('hex').slice(0, 32);
}

/**
 * Types of file systems (`f_type` of statfs) whose inode numbers stay as long as the file: ext2 to ext4, XFS, Btrfs, tmpfs,
 * ZFS, F2FS, NFS. Others, such as FAT, give a file another number each time that it is read into the cache.
 */
const LASTING_INODES: ReadonlySet<number> = new Set([
  0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x2fc12fc1, 0xf2f52010, 0x6969,
]);

/** Whether inode numbers are lasting on a file system of this type. */
export function hasLastingInodes(type: number): boolean {
  return LASTING_INODES.has(type);
}
