import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import nodeModule from 'node:module';
import { dirname, join, relative } from 'node:path';
import type { StartupCache } from '../javascript/host.ts';
import { pack, unpack } from './archive.ts';
import { CjsCache } from './cjs-cache.ts';

/** Prefixes of entry names, by kind of module. */
const COMMON_JS = 'cjs/';
const ES_MODULES = 'esm/';

/** Since Node 22.8. */
interface CompileCaching {
  readonly enableCompileCache: (folder: string) => unknown;
  readonly flushCompileCache: () => void;
}

/**
 * V8's compiled code of a function's modules, so that the next sandbox of the same code need not compile them. The
 * daemon stores it by digest of the code and interpreter.
 *
 * Trust: it is given only to sandboxes of the same code, so a forged cache affects no other code. Checksums reject
 * entries of another source, V8 rejects those of another version or other flags. On any failure the code loads without
 * it.
 */
export class NodeStartupCache implements StartupCache {
  readonly #cjs: CjsCache;
  readonly #entries: ReadonlyMap<string, Buffer>;
  /** Folder of Node's own compile cache, present once an ES module is loaded. */
  #folder: string | undefined;

  /** `archive`: the result of {@link NodeStartupCache.collect} in an earlier sandbox. */
  constructor(taskRoot: string, archive: Buffer | undefined) {
    let entries = new Map<string, Buffer>();
    try {
      if (archive !== undefined) entries = unpack(archive);
    } catch {
      // Made by another version of the bootstrap.
    }
    this.#entries = entries;
    this.#cjs = new CjsCache(taskRoot, entriesBelow(COMMON_JS, entries));
  }

  beforeRequire(): void {
    const { enableCompileCache }: Partial<CompileCaching> = nodeModule;
    // Older Nodes cannot `import()` from such scripts, and source maps need modules that Node itself compiled.
    if (enableCompileCache !== undefined && !sourceMapsAreOn()) this.#cjs.install();
  }

  beforeImport(): void {
    try {
      const { enableCompileCache }: Partial<CompileCaching> = nodeModule;
      if (enableCompileCache === undefined || this.#folder !== undefined) return;
      const folder = mkdtempSync(join(process.env['TMPDIR'] ?? '/tmp', '.lam-'));
      this.#folder = folder;
      for (const [name, content] of entriesBelow(ES_MODULES, this.#entries)) {
        if (name.split('/').includes('..')) continue;
        mkdirSync(join(folder, dirname(name)), { recursive: true });
        writeFileSync(join(folder, name), content);
      }
      enableCompileCache(folder);
    } catch {
      // No space in the temporary folder: loads without a cache.
    }
  }

  collect(): Buffer | undefined {
    try {
      const entries = new Map<string, Buffer>();
      for (const [name, content] of this.#cjs.collect()) entries.set(COMMON_JS + name, content);
      for (const [name, content] of this.#collectEsModules()) entries.set(ES_MODULES + name, content);
      return pack(entries);
    } catch {
      // The function's temporary folder is full or removed.
      return undefined;
    }
  }

  remove(): void {
    this.#cjs.remove();
    try {
      if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
    } catch {
      // Removed with the sandbox.
    }
  }

  *#collectEsModules(): Generator<readonly [string, Buffer]> {
    const { flushCompileCache }: Partial<CompileCaching> = nodeModule;
    if (this.#folder === undefined || flushCompileCache === undefined) return;
    flushCompileCache();
    for (const entry of readdirSync(this.#folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile()) yield [relative(this.#folder, path), readFileSync(path)];
    }
  }
}

function entriesBelow(prefix: string, entries: ReadonlyMap<string, Buffer>): ReadonlyMap<string, Buffer> {
  const below = new Map<string, Buffer>();
  for (const [name, content] of entries) if (name.startsWith(prefix)) below.set(name.slice(prefix.length), content);
  return below;
}

function sourceMapsAreOn(): boolean {
  return Reflect.get(process, 'sourceMapsEnabled') === true;
}
