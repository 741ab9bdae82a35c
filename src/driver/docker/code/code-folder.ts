import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { isLamError, lamError, messageOf } from '../../../errors/index.ts';
import type { Clock } from '../../../kit/index.ts';
import { layTree } from './lay-tree.ts';
import { makeReadable } from './places.ts';

const REMOVED = 'it ended before it got its code';

/**
 * The folder that a stem sees as its code: mounted empty and read-only, filled once from outside. Its files are the
 * store's own by hard link, which nobody inside can write or change the mode of: the mount forbids it whoever asks.
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

  /** Makes it, empty. Rejects with the system's error. */
  static async make(path: string, clock: Clock): Promise<CodeFolder> {
    await makeReadable(path);
    return new CodeFolder(path, clock);
  }

  /** Lays out the tree at `code` in it. Rejects with `LAM_DRIVER_START_FAILED`, and then it is empty again. */
  fill(code: string): Promise<void> {
    this.#filling = this.#fill(code);
    return this.#filling;
  }

  /** Takes it away with all in it, also while it is being filled. */
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
