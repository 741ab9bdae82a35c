import { execFile } from 'node:child_process';
import { posix } from 'node:path';
import type { EntryPoint } from '../../runtimes/index.ts';

/** Time-out of a compilation (ms). */
const COMPILE_MS = 30_000;

/**
 * Compiles clients for the interpreters that run them, once for each while the daemon lives. The daemon does it, because
 * a sandbox that could write beside lam's programs could change what other sandboxes run.
 */
export class CompiledClients {
  readonly #assets: string;
  readonly #begun = new Map<string, Promise<void>>();

  /** `assets`: folder of lam's assets. Where it cannot be written, each sandbox compiles for itself. */
  constructor(assets: string) {
    this.#assets = assets;
  }

  /** Resolves when it is done, or has failed, which costs time only. `interpreter`: program and first arguments. */
  compile(entry: EntryPoint, interpreter: readonly string[]): Promise<void> {
    if (entry.kind !== 'interpreter' || entry.client === null || entry.compile === undefined) return Promise.resolve();
    const [program = '', ...args] = [...interpreter, ...entry.compile(posix.join(this.#assets, entry.client))];
    const key = [program, ...args].join('\0');
    let begun = this.#begun.get(key);
    if (begun === undefined) {
      begun = new Promise((resolve) => {
        execFile(program, args, { env: {}, timeout: COMPILE_MS }, () => resolve());
      });
      this.#begun.set(key, begun);
    }
    return begun;
  }

  /** Resolves when no compilation runs. */
  async settled(): Promise<void> {
    await Promise.all(this.#begun.values());
  }
}
