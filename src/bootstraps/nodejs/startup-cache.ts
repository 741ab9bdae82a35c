import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import nodeModule from 'node:module';
import { dirname, join, relative } from 'node:path';
import { pack, unpack } from './archive.ts';
import { CjsCache } from './cjs-cache.ts';

/** Names of entries begin with what they are of. */
const COMMON_JS = 'cjs/';
const ES_MODULES = 'esm/';

/** Since Node 22.8. */
interface CompileCaching {
  readonly enableCompileCache: (folder: string) => unknown;
  readonly flushCompileCache: () => void;
}

/**
 * V8's compiled code of a function's modules, so that the next sandbox of the same code need not compile them. Between
 * sandboxes it travels through the daemon, which knows it by the code's digest and the interpreter.
 *
 * Why it can be trusted: it is only ever given to sandboxes that run the very code that made it. A function that forges
 * its cache changes nothing but what its own code does, which is its to decide anyway; and entries of another source are
 * told by their checksum, those of another V8 or other flags by V8. It is an optimisation: whatever fails here, the code
 * loads without it.
 */
export class StartupCache {
  readonly #cjs: CjsCache;
  readonly #entries: ReadonlyMap<string, Buffer>;
  /** Where Node's own compile cache is, once there is an ES module to load. */
  #folder: string | undefined;

  /** `archive`: what {@link StartupCache.collect} of an earlier sandbox gave. */
  constructor(taskRoot: string, archive: Buffer | undefined) {
    let entries = new Map<string, Buffer>();
    try {
      if (archive !== undefined) entries = unpack(archive);
    } catch {
      // It is of another version of the bootstrap.
    }
    this.#entries = entries;
    this.#cjs = new CjsCache(taskRoot, entriesBelow(COMMON_JS, entries));
  }

  /** To be called before a CommonJS module is loaded. */
  beforeRequire(): void {
    const { enableCompileCache }: Partial<CompileCaching> = nodeModule;
    // Scripts of older Nodes can't import. And the map of a source is found by what Node itself compiles.
    if (enableCompileCache !== undefined && !sourceMapsAreOn()) this.#cjs.install();
  }

  /** To be called before an ES module is loaded. */
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
      // No room.
    }
  }

  /** What V8 has compiled so far; undefined when there is nothing, or too much. */
  collect(): Buffer | undefined {
    try {
      const entries = new Map<string, Buffer>();
      for (const [name, content] of this.#cjs.collect()) entries.set(COMMON_JS + name, content);
      for (const [name, content] of this.#collectEsModules()) entries.set(ES_MODULES + name, content);
      return pack(entries);
    } catch {
      // The function's folder for temporary files is full, or gone.
      return undefined;
    }
  }

  /** Frees its room; the modules that are loaded stay. */
  remove(): void {
    this.#cjs.remove();
    try {
      if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
    } catch {
      // It goes with the sandbox.
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
