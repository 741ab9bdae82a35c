import { mkdtempSync, rmSync } from 'node:fs';
import nodeModule from 'node:module';
import { join } from 'node:path';
import { packFolder, unpackInto } from './archive.ts';

/** Since Node 22.8. */
interface CompileCaching {
  readonly enableCompileCache: (folder: string) => unknown;
  readonly flushCompileCache: () => void;
}

/**
 * V8's compiled code of a function's modules, so that the next sandbox of the same code need not compile them. Node keeps
 * it in a folder of this sandbox alone; between sandboxes it travels through the daemon, which knows it by the code's
 * digest and the interpreter.
 *
 * Why it can be trusted: it is only ever given to sandboxes that run the very code that made it. A function that forges
 * its cache changes nothing but what its own code does, which is its to decide anyway; and V8 refuses what another version
 * of it, other flags or another source made. It is an optimisation: whatever fails here, the code loads without it.
 */
export class StartupCache {
  readonly #folder: string;
  readonly #flush: () => void;

  private constructor(folder: string, flush: () => void) {
    this.#folder = folder;
    this.#flush = flush;
  }

  /** To be called before the code is loaded. `archive`: what an earlier sandbox collected. Undefined where it can't be. */
  static open(archive: Buffer | undefined): StartupCache | undefined {
    let folder: string | undefined;
    try {
      const { enableCompileCache, flushCompileCache }: Partial<CompileCaching> = nodeModule;
      if (enableCompileCache === undefined || flushCompileCache === undefined) return undefined;
      folder = mkdtempSync(join(process.env['TMPDIR'] ?? '/tmp', '.lam-'));
      if (archive !== undefined) unpackInto(folder, archive);
      enableCompileCache(folder);
      return new StartupCache(folder, flushCompileCache);
    } catch {
      // No room, or no archive.
      if (folder !== undefined) remove(folder);
      return undefined;
    }
  }

  /** What Node has compiled so far, as an archive; undefined when there is nothing, or too much. */
  collect(): Buffer | undefined {
    try {
      this.#flush();
      return packFolder(this.#folder);
    } catch {
      // The function's folder for temporary files is full, or gone.
      return undefined;
    }
  }

  /** Frees its room; the modules that are loaded stay. */
  remove(): void {
    remove(this.#folder);
  }
}

function remove(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // It goes with the sandbox.
  }
}
