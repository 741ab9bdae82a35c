import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { RuntimeError } from './error-document.ts';
import type { StartupCache } from './startup-cache.ts';

/** What a handler's module exports. */
export type FunctionHandler = (
  event: unknown,
  context: unknown,
  callback: (error: unknown, result?: unknown) => void,
) => unknown;

type ImportModule = (url: string) => Promise<unknown>;

declare global {
  /** Loads an ES module where plain `import()` cannot; set by the single binary before it runs the bootstrap. */
  var __lamImport: ImportModule | undefined;
}

/** Error codes of Node for an ES module that was loaded as CommonJS. */
const IS_ES_MODULE =
  /Cannot use import statement outside a module|Unexpected token 'export'|Cannot use 'import\.meta'|await is only valid in async/;

/**
 * Loads `dir/file.export[.nested]` from `taskRoot`. Throws a {@link RuntimeError} with one of AWS's types
 * (`ImportModuleError`, `HandlerNotFound`, `MalformedHandlerName`, `UserCodeSyntaxError`), or whatever the module
 * itself threw.
 */
export async function loadHandler(taskRoot: string, handler: string, cache?: StartupCache): Promise<FunctionHandler> {
  if (handler.includes('..'))
    throw new RuntimeError(
      'MalformedHandlerName',
      `'${handler}' is not a valid handler name. Use a path inside the function.`,
    );
  const name = basename(handler);
  const match = /^([^.]*)\.(.*)$/.exec(name);
  const [, file, path] = match ?? [];
  if (file === undefined || path === undefined) throw new RuntimeError('MalformedHandlerName', 'Bad handler');
  const folder = resolve(taskRoot, handler.slice(0, handler.length - name.length));
  const found = pick(await new Loader(taskRoot, cache).load(folder, file), path);
  if (found === undefined || found === null)
    throw new RuntimeError('HandlerNotFound', `${handler} is undefined or not exported`);
  if (typeof found !== 'function') throw new RuntimeError('HandlerNotFound', `${handler} is not a function`);
  return found as FunctionHandler;
}

/** The export at `path`, or below the default export, which is where imported CommonJS has its exports. */
function pick(module: unknown, path: string): unknown {
  const at = (root: unknown): unknown =>
    path
      .split('.')
      .reduce(
        (nested, key) => (nested === undefined || nested === null ? nested : Reflect.get(Object(nested), key)),
        root,
      );
  return at(module) ?? at(Reflect.get(Object(module), 'default'));
}

class Loader {
  readonly #taskRoot: string;
  readonly #cache: StartupCache | undefined;

  constructor(taskRoot: string, cache: StartupCache | undefined) {
    this.#taskRoot = taskRoot;
    this.#cache = cache;
  }

  async load(folder: string, file: string): Promise<unknown> {
    try {
      return await this.#loadFirst(folder, file);
    } catch (error) {
      throw explain(error);
    }
  }

  async #loadFirst(folder: string, file: string): Promise<unknown> {
    const base = join(folder, file);
    if (isFile(base)) return this.#require(base);
    if (isFile(`${base}.js`))
      return isModuleScope(folder) ? this.#import(`${base}.js`) : this.#requireOrImport(`${base}.js`);
    if (isFile(`${base}.mjs`)) return this.#import(`${base}.mjs`);
    if (isFile(`${base}.cjs`)) return this.#require(`${base}.cjs`);
    for (const extension of ['.ts', '.mts', '.cts'])
      if (isFile(base + extension)) return this.#importTypeScript(base + extension);
    // Finally as Node resolves it: a package, or a folder with an index.
    return this.#require(
      createRequire(join(this.#taskRoot, 'index.js')).resolve(file, { paths: [this.#taskRoot, folder] }),
    );
  }

  /** A `.js` file without a `type` in package.json: CommonJS if it parses as such, otherwise an ES module. */
  #requireOrImport(path: string): unknown {
    try {
      return this.#require(path);
    } catch (error) {
      const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
      const isEsModule =
        code === 'ERR_REQUIRE_ESM' ||
        code === 'ERR_REQUIRE_ASYNC_MODULE' ||
        (error instanceof SyntaxError && IS_ES_MODULE.test(error.message));
      if (isEsModule && readFileSync(path, 'utf8').length > 0) return this.#import(path);
      throw error;
    }
  }

  #importTypeScript(path: string): Promise<unknown> {
    if (Reflect.get(process.features, 'typescript')) return this.#import(path);
    throw new RuntimeError(
      'ImportModuleError',
      `Error: Node ${process.versions.node} can't run '${path}': use Node 22.18 or newer, or build it to JavaScript`,
    );
  }

  #require(path: string): unknown {
    this.#cache?.beforeRequire();
    return createRequire(join(this.#taskRoot, 'index.js'))(path);
  }

  #import(path: string): Promise<unknown> {
    this.#cache?.beforeImport();
    const url = pathToFileURL(path).href;
    const injected = globalThis.__lamImport;
    return injected === undefined ? import(url) : injected(url);
  }
}

/** Whether the nearest package.json above `folder` makes `.js` files ES modules. */
function isModuleScope(folder: string): boolean {
  const manifest = join(folder, 'package.json');
  if (existsSync(manifest)) {
    try {
      const parsed: unknown = JSON.parse(readFileSync(manifest, 'utf8'));
      return Reflect.get(Object(parsed), 'type') === 'module';
    } catch {
      // Node reports a broken package.json when it reads it.
      return false;
    }
  }
  const parent = dirname(folder);
  return parent !== folder && basename(folder) !== 'node_modules' && isModuleScope(parent);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** Maps errors of loading to AWS's types; errors that the code itself threw stay unchanged. */
function explain(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof RuntimeError) return error;
  const code: unknown = Reflect.get(error, 'code');
  if (
    error instanceof SyntaxError ||
    code === 'ERR_INVALID_TYPESCRIPT_SYNTAX' ||
    code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX'
  ) {
    return new RuntimeError('UserCodeSyntaxError', String(error), outside(error.stack));
  }
  if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND')
    return new RuntimeError('ImportModuleError', String(error), outside(error.stack));
  return error;
}

/** A stack without the frames of Node's own loader. */
function outside(stack: string | undefined): string {
  const lines = (stack ?? '').split('\n');
  return lines.filter((line) => !/^\s+at .*\(?node:internal/.test(line)).join('\n');
}
