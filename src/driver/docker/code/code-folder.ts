import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { isLamError, lamError, messageOf } from '../../../errors/index.ts';
import type { Clock } from '../../../kit/index.ts';
import { layTree } from './lay-tree.ts';
import { makeReadable } from './folders.ts';

const REMOVED = 'it ended before it got its code';

/**
 * The code folder of a stem: mounted empty and read-only, filled once from the host. Its files are hard links to the
 * store's; the read-only mount protects them from every user inside.
 */
export class CodeFolder {
  readonly path: string;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #filling: Promise<void> | undefined;

  private constructor(path: string, clock: Clock) {
    this.path = path;
    this.#clock = clock;
  }

  /** Creates the empty folder. Rejects with the system's error. */
  static async make(path: string, clock: Clock): Promise<CodeFolder> {
    await makeReadable(path);
    return new CodeFolder(path, clock);
  }

  /** Fills it with the tree at `code`. Rejects with `LAM_DRIVER_START_FAILED`, leaving it empty. */
  fill(code: string): Promise<void> {
    this.#filling = this.#fill(code);
    return this.#filling;
  }

  /** Removes it with its contents; aborts a fill in progress. */
  async remove(): Promise<void> {
    this.#stop.abort(lamError('LAM_DRIVER_START_FAILED', { function: '', reason: REMOVED }));
    await this.#filling?.catch(() => undefined);
    await rm(this.path, { recursive: true, force: true });
  }

  async #fill(code: string): Promise<void> {
    try {
      await layTree(code, this.path, { clock: this.#clock, signal: this.#stop.signal });
    } catch (thrown) {
      await Promise.all(
        readdirSync(this.path).map((name) => rm(join(this.path, name), { recursive: true, force: true })),
      );
      if (isLamError(thrown)) throw thrown;
      const reason = `its code could not be laid out: ${messageOf(thrown)}`;
      throw lamError('LAM_DRIVER_START_FAILED', { function: '', reason }, thrown);
    }
  }
}
