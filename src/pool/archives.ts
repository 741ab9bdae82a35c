import { LIMITS, newSandboxId } from '../contract/index.ts';
import type { SandboxDriver } from '../driver/sandbox.ts';
import type { SessionHooks } from '../executor/session.ts';
import type { Clock } from '../kit/index.ts';
import type { Capacity, Holder } from './capacity.ts';
import { initRequestFor, specFor } from './environment.ts';
import type { PoolRevision } from './revision.ts';

/** Delay after the start that showed the lack (ms): the request that it was made for goes first. */
const DELAY_MS = 300;
/** Tries for a version while the memory that it needs is taken, and their distance (ms). */
const TRIES = 20;
const RETRY_MS = 3000;

/** Output of a recording is that of a start which was logged before. */
const UNHEARD: SessionHooks = { onLog: () => undefined, onProtocolError: () => undefined };

export interface ArchiveRecorderOptions {
  readonly driver: SandboxDriver;
  readonly clock: Clock;
  readonly capacity: Capacity;
  /** Called when memory is free again. */
  readonly onFreed: () => void;
}

/**
 * Records archives by which the code of a version starts faster, in a sandbox that runs nothing but its init. One at a
 * time, in the background, in memory that nothing else needs; each version once while the daemon runs.
 */
export class ArchiveRecorder {
  readonly #options: ArchiveRecorderOptions;
  readonly #asked = new WeakSet<PoolRevision>();
  readonly #cancels = new Set<() => void>();
  #last: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: ArchiveRecorderOptions) {
    this.#options = options;
  }

  /** Records the archive of this version soon. */
  request(revision: PoolRevision): void {
    if (this.#closed || this.#asked.has(revision)) return;
    this.#asked.add(revision);
    this.#after(DELAY_MS, revision, TRIES);
  }

  /** Resolves when nothing is recorded any more, which ends with the driver's sandboxes. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const cancel of this.#cancels) cancel();
    await this.#last;
  }

  #after(ms: number, revision: PoolRevision, tries: number): void {
    const cancel = this.#options.clock.after(ms, () => {
      this.#cancels.delete(cancel);
      this.#last = this.#last.then(async () => {
        if (this.#closed) return;
        if (this.#options.capacity.fits(revision.config.memoryMiB)) await this.#record(revision);
        else if (tries > 1) this.#after(RETRY_MS, revision, tries - 1);
      });
    });
    this.#cancels.add(cancel);
  }

  /** Never rejects: a version without an archive only starts more slowly. */
  async #record(revision: PoolRevision): Promise<void> {
    const { driver, clock, capacity, onFreed } = this.#options;
    // It runs nothing but its init, which is not to call others.
    const of = { sandboxId: newSandboxId(), now: new Date(clock.now()), isOnDemand: false };
    const holder: Holder = {
      memoryMiB: revision.config.memoryMiB,
      startedAt: clock.monotonic(),
      endingSince: 0,
    };
    capacity.started(holder);
    try {
      const sandbox = await driver.create({ ...specFor(revision, of), recordsArchive: true }, UNHEARD);
      try {
        const request = initRequestFor(revision, { ...of, taskRoot: sandbox.taskRoot, wantStartupCache: false });
        const { kind } = await sandbox.session.init(request, LIMITS.initMs);
        if (kind === 'ready') await sandbox.saveArchive?.();
      } finally {
        await sandbox.destroy();
      }
    } catch {
      // The place failed, which the next start for a request reports.
    } finally {
      capacity.gone(holder);
      onFreed();
    }
  }
}
