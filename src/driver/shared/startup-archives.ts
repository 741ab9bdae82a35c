import { createHash } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { open, rename, unlink } from 'node:fs/promises';
import type { ArchiveUse } from '../../runtimes/index.ts';
import type { ArchivePaths, ArtifactSource, SandboxSpec } from '../sandbox.ts';

/** Largest archive that is kept (bytes). */
const LARGEST_BYTES = 128 * 1024 * 1024;
/** Read and written at a time (bytes). */
const PIECE_BYTES = 1024 * 1024;
/** Time for a process to write its archive as it exits (ms). */
export const ARCHIVE_MS = 20_000;

/** What a sandbox does with the archive of its function's code. */
export interface ArchivePlan extends ArchivePaths {
  /** `use`: starts from it. `record`: writes it. `lacking`: would use it if it existed. */
  readonly does: 'use' | 'record' | 'lacking';
}

/**
 * Plans what a sandbox does with its archive; undefined for code that uses none. `madeWith`: what the archive depends
 * on besides function and code: the driver, and the interpreter with its version. An archive is kept beside its artifact,
 * and apart for each function, because the process that wrote it may have put anything into it: it only ever reaches
 * sandboxes of the same function and code.
 */
export function planArchive(
  artifacts: ArtifactSource,
  { runtime, artifact, functionName, environment, recordsArchive }: SandboxSpec,
  madeWith: readonly string[],
): ArchivePlan | undefined {
  const { entry } = runtime.descriptor;
  if (entry.kind !== 'interpreter' || artifact === null || functionName === '') return undefined;
  if (entry.wantsArchive?.(environment) !== true) return undefined;
  const key = JSON.stringify([functionName, ...madeWith]);
  const name = createHash('sha256').update(key).digest('hex').slice(0, 16);
  const paths = artifacts.startupArchive?.(artifact, name);
  if (paths === undefined) return undefined;
  if (recordsArchive === true) return { does: 'record', ...paths };
  return { does: existsSync(paths.file) ? 'use' : 'lacking', ...paths };
}

/** Returns what the arguments of a process say about an archive that it sees as `file`. */
export function archiveUse(plan: ArchivePlan | undefined, file: string): ArchiveUse | null {
  return plan === undefined || plan.does === 'lacking' ? null : { does: plan.does, file };
}

/**
 * Keeps what a sandbox wrote to `from` as an archive, whole and durable; returns whether it did. Ignores anything but a plain file of
 * a sensible size. Never rejects: without an archive starts only take longer.
 */
export async function keepArchive(from: string, { file, draft }: ArchivePaths): Promise<boolean> {
  try {
    // The sandbox's user chose what lies there: no link is followed, no pipe waited for.
    await using source = await open(from, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stats = await source.stat();
    // A second name may be that of another's file, where the kernel lets everybody make one.
    if (!stats.isFile() || stats.nlink > 1 || stats.size === 0 || stats.size > LARGEST_BYTES) return false;
    await using target = await open(draft, 'wx', 0o444);
    const piece = Buffer.alloc(PIECE_BYTES);
    let at = 0;
    for (let bytes = 1; bytes > 0 && at < stats.size; at += bytes) {
      ({ bytesRead: bytes } = await source.read(piece, 0, PIECE_BYTES, at));
      // Unlike one write, all of it or an error: a disk may fill up in the middle.
      await target.writeFile(piece.subarray(0, bytes));
    }
    if (at !== stats.size) {
      // It was cut off meanwhile.
      await unlink(draft);
      return false;
    }
    // The umask may have cut it.
    await target.chmod(0o444);
    await target.sync();
    await rename(draft, file);
    return true;
  } catch {
    await unlink(draft).catch(() => undefined);
    return false;
  }
}
