import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { RuntimeError } from './error-document.ts';
import { pointOut, siteOf } from './fault-site.ts';
import type { JavaScriptHost, StartupCache } from './host.ts';
import { framesOf, relativePaths } from './stack.ts';

/** What a handler's module exports. */
export type FunctionHandler = (
  event: unknown,
  context: unknown,
  callback: (error: unknown, result?: unknown) => void,
) => unknown;

/** Extensions that a handler's file may have, in the order in which they are tried; '' is the name as it is. */
const EXTENSIONS = ['', '.js', '.mjs', '.cjs', '.ts', '.mts', '.cts'] as const;
/** Most names in a list of files or exports. */
const MOST_NAMES = 20;
/** AWS's types of errors that Node has a code for. */
const TYPES: ReadonlyMap<unknown, string> = new Map([
  ['MODULE_NOT_FOUND', 'ImportModuleError'],
  ['ERR_MODULE_NOT_FOUND', 'ImportModuleError'],
  ['ERR_INVALID_TYPESCRIPT_SYNTAX', 'UserCodeSyntaxError'],
  ['ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX', 'UserCodeSyntaxError'],
]);

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
export async function loadHandler(
  taskRoot: string,
  handler: string,
  host: Pick<JavaScriptHost, 'faultOf'>,
  cache?: StartupCache,
): Promise<FunctionHandler> {
  if (handler.includes('..'))
    throw new RuntimeError(
      'MalformedHandlerName',
      `'${handler}' is not a valid handler name. Use a path inside the function.`,
    );
  const name = basename(handler);
  const match = /^([^.]*)\.(.*)$/.exec(name);
  const [, file, path] = match ?? [];
  if (file === undefined || path === undefined)
    throw new RuntimeError('MalformedHandlerName', 'Bad handler', `'${handler}' is not of the form FILE.EXPORT`);
  const folder = resolve(taskRoot, handler.slice(0, handler.length - name.length));
  const loader = new Loader(taskRoot, host, cache);
  const module = await loader.load(folder, file);
  const found = pick(module, path);
  if (typeof found === 'function') return found as FunctionHandler;
  const fault = found === undefined || found === null ? 'is undefined or not exported' : 'is not a function';
  throw new RuntimeError('HandlerNotFound', `${handler} ${fault}`, exportsOf(loader.entry ?? file, module));
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

/** Says what a module exports instead of the handler. */
function exportsOf(file: string, module: unknown): string {
  const names = new Set(Object.keys(Object(module)));
  for (const name of Object.keys(Object(Reflect.get(Object(module), 'default')))) names.add(name);
  names.delete('module.exports');
  return `${relativePaths(file)} exports ${names.size === 0 ? 'nothing' : [...names].slice(0, MOST_NAMES).join(', ')}`;
}

class Loader {
  /** The handler's file, once it is found. */
  entry: string | undefined;
  readonly #taskRoot: string;
  readonly #host: Pick<JavaScriptHost, 'faultOf'>;
  readonly #cache: StartupCache | undefined;

  constructor(taskRoot: string, host: Pick<JavaScriptHost, 'faultOf'>, cache: StartupCache | undefined) {
    this.#taskRoot = taskRoot;
    this.#host = host;
    this.#cache = cache;
  }

  async load(folder: string, file: string): Promise<unknown> {
    try {
      return await this.#loadFirst(folder, file);
    } catch (error) {
      throw this.#explain(error, join(folder, file));
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
    return this.#require(createRequire(this.#parent).resolve(file, { paths: [this.#taskRoot, folder] }));
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
    this.entry = path;
    this.#cache?.beforeRequire();
    return createRequire(this.#parent)(path);
  }

  #import(path: string): Promise<unknown> {
    this.entry = path;
    this.#cache?.beforeImport();
    const url = pathToFileURL(path).href;
    const injected = globalThis.__lamImport;
    return injected === undefined ? import(url) : injected(url);
  }

  /** Maps errors of loading to AWS's types, and says where they are; errors that the code itself threw stay unchanged. */
  #explain(error: unknown, wanted: string): unknown {
    const fault = this.entry === undefined ? undefined : this.#host.faultOf?.(error);
    if (fault !== undefined) return fault;
    if (!(error instanceof Error) || error instanceof RuntimeError) return error;
    const code: unknown = Reflect.get(error, 'code');
    const type = error instanceof SyntaxError ? 'UserCodeSyntaxError' : TYPES.get(code);
    if (type === undefined) {
      pointOut(error, this.entry);
      return error;
    }
    if (this.entry === undefined)
      return new RuntimeError(type, `Error: Cannot find module '${basename(wanted)}'`, looked(wanted));
    const details = [...siteOf(error, this.entry), ...framesOf(error.stack ?? '')];
    return new RuntimeError(type, this.#messageOf(error), details.join('\n'));
  }

  /** Without the module that stands for lam in Node's list of who required what. */
  #messageOf(error: Error): string {
    const required = `\n- ${this.#parent}`;
    const text = String(error);
    return relativePaths(text.endsWith(required) ? text.slice(0, -required.length) : text);
  }

  get #parent(): string {
    return join(this.#taskRoot, 'index.js');
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

/** Says which files would have been the handler's, and which there are. */
function looked(wanted: string): string {
  const [folder, name] = [dirname(wanted), basename(wanted)];
  const there = existsSync(folder) ? readdirSync(folder).slice(0, MOST_NAMES).join(', ') : 'no such folder';
  const tried = EXTENSIONS.map((extension) => name + extension).join(', ');
  return `looked for: ${tried}\nin its folder: ${there}`;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
