import { randomFillSync } from 'node:crypto';
import { lstatSync, statfsSync, unlinkSync, writeFileSync } from 'node:fs';
import { isLamError } from '../../errors/index.ts';
import type { Layout } from './layout.ts';

/** Size of the reserve (bytes): room for a lock, the logs' shared memory and a catalogue of a thousand functions. */
const RESERVE_BYTES = 1024 * 1024;
/** Free space from which the reserve is kept, in reserves. */
const PLENTY = 4;

/**
 * A file that takes up space while there is enough, so that giving it up lets a daemon start, and gc work, on a disk
 * that others have filled.
 */
export class Reserve {
  readonly #paths: Layout;

  constructor(paths: Layout) {
    this.#paths = paths;
  }

  /** Takes the space where plenty is free. Never throws: a home without the reserve works until the disk is full. */
  keep(): void {
    try {
      const kept = lstatSync(this.#paths.reserve, { throwIfNoEntry: false });
      if (kept?.size === RESERVE_BYTES || this.#free() < PLENTY * RESERVE_BYTES) return;
      // Random, so that no file system compresses it to nothing.
      writeFileSync(this.#paths.reserve, randomFillSync(Buffer.alloc(RESERVE_BYTES)), { mode: 0o600 });
    } catch {
      this.release();
    }
  }

  /** Gives the space up. Returns whether there was any. */
  release(): boolean {
    try {
      unlinkSync(this.#paths.reserve);
      return true;
    } catch {
      // None was kept, or the file system is read-only.
      return false;
    }
  }

  /** Gives the space up if hardly any other is left. */
  releaseIfNeeded(): void {
    try {
      if (this.#free() < RESERVE_BYTES) this.release();
    } catch {
      // The home does not exist yet.
    }
  }

  /** Runs `work`, and again with the reserve given up if the disk is full; then keeps a reserve again. */
  async spend<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.lend(work);
    } finally {
      this.keep();
    }
  }

  /** As {@link spend}, but the reserve stays given up. */
  async lend<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!isLamError(error) || error.code !== 'LAM_STORE_DISK_FULL' || !this.release()) throw error;
      return work();
    }
  }

  /** Bytes that this user may still write. */
  #free(): number {
    const { bavail, bsize } = statfsSync(this.#paths.home);
    return bavail * bsize;
  }
}
