import Module, { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import type * as NodeVm from 'node:vm';
import type * as NodeZlib from 'node:zlib';

/** What a CommonJS module is compiled as, as Node does it. */
const WRAPPER = ['(function (exports, require, module, __filename, __dirname) { ', '\n})'] as const;
/** Where the stand-in for a module finds what was compiled of it. */
const COMPILED = 'lam.compiled';
/** Compiled by Node in the place of a module, so that Node does all else that it does for one. */
const STAND_IN = [
  `const key = Symbol.for('${COMPILED}'), run = module[key];`,
  `delete module[key];`,
  `return run.call(this, exports, require, module, __filename, __dirname);`,
].join(' ');
/** Modules of fewer characters compile as fast as their cache can be checked. */
const SMALL = 4096;
/** Bytes before V8's own in an entry: a checksum of the source and of V8's own, which V8 takes on trust. */
const CHECKSUM_BYTES = 4;

type Compile = (this: object, content: unknown, filename: string, format?: unknown) => unknown;

/** Parts of Node that are loaded only for this. */
interface Tools {
  readonly vm: typeof NodeVm;
  readonly crc32: typeof NodeZlib.crc32;
  /** To be called before a script imports. */
  readonly hushImports: () => void;
}

/**
 * Compiles the CommonJS modules of a function from what V8 made of them in an earlier sandbox. Node's own compile cache
 * holds what V8 compiles before a module runs, which leaves out most functions of a bundle; this holds all that have run up
 * to the first answer, and halves the init of a large bundle.
 */
export class CjsCache {
  readonly #taskRoot: string;
  /** By file, below the task root: what an earlier sandbox collected. */
  readonly #entries: ReadonlyMap<string, Buffer>;
  readonly #scripts = new Map<string, { readonly script: NodeVm.Script; readonly sourceSum: number }>();
  #tools: Tools | undefined;
  #original: Compile | undefined;
  #installed: Compile | undefined;

  constructor(taskRoot: string, entries: ReadonlyMap<string, Buffer>) {
    this.#taskRoot = taskRoot;
    this.#entries = entries;
  }

  /** Takes the place of Node's compiler of CommonJS, as far as the function's own files go. */
  install(): void {
    const tools = (this.#tools ??= findTools(this.#taskRoot));
    const original = Reflect.get(Module.prototype, '_compile') as Compile | undefined;
    if (tools === undefined || original === undefined || this.#installed !== undefined) return;
    const compile = (module: object, content: unknown, filename: string): boolean =>
      typeof content === 'string' && content.length >= SMALL && this.#compile(tools, module, content, filename);
    this.#original = original;
    this.#installed = function (content, filename, format) {
      const isDone = format !== 'module' && compile(this, content, filename);
      return original.call(this, isDone ? STAND_IN : content, filename, format);
    };
    Reflect.set(Module.prototype, '_compile', this.#installed);
  }

  /** V8's code of what was compiled here, with all functions that have run, by file below the task root. */
  collect(): ReadonlyMap<string, Buffer> {
    const entries = new Map<string, Buffer>();
    for (const [file, { script, sourceSum }] of this.#scripts) {
      const compiled = script.createCachedData();
      const head = Buffer.alloc(CHECKSUM_BYTES);
      head.writeUInt32BE(this.#tools?.crc32(compiled, sourceSum) ?? 0);
      entries.set(file, Buffer.concat([head, compiled]));
    }
    return entries;
  }

  /** Gives Node's compiler its place back, unless the function has put something there meanwhile. */
  remove(): void {
    if (Reflect.get(Module.prototype, '_compile') === this.#installed)
      Reflect.set(Module.prototype, '_compile', this.#original);
    this.#scripts.clear();
  }

  /** Whether the module has its code, for the stand-in to find. */
  // oxlint-disable-next-line max-params -- the three of Node's compiler, and what it takes to do it
  #compile(tools: Tools, module: object, content: string, filename: string): boolean {
    const file = relative(this.#taskRoot, filename);
    if (file.startsWith('..')) return false;
    try {
      const sourceSum = tools.crc32(content);
      const script = new tools.vm.Script(WRAPPER.join(content), {
        filename,
        columnOffset: -WRAPPER[0].length,
        importModuleDynamically: tools.vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
        ...this.#cachedData(tools, file, sourceSum),
      });
      if (content.includes('import(') || content.includes('import (')) tools.hushImports();
      this.#scripts.set(file, { script, sourceSum });
      Object.defineProperty(module, Symbol.for(COMPILED), { value: script.runInThisContext(), configurable: true });
      return true;
    } catch {
      // An ES module, or no JavaScript: Node says what it thinks of it.
      return false;
    }
  }

  /** What is known of this very source, if it is whole. */
  #cachedData(tools: Tools, file: string, sourceSum: number): { readonly cachedData?: Buffer } {
    const entry = this.#entries.get(file);
    if (entry === undefined || entry.length <= CHECKSUM_BYTES) return {};
    const cachedData = entry.subarray(CHECKSUM_BYTES);
    return tools.crc32(cachedData, sourceSum) === entry.readUInt32BE(0) ? { cachedData } : {};
  }
}

/** Undefined where this Node lacks one of them. */
function findTools(taskRoot: string): Tools | undefined {
  const require = createRequire(join(taskRoot, 'index.js'));
  const vm = require('node:vm') as typeof NodeVm;
  const { crc32 } = require('node:zlib') as Partial<typeof NodeZlib>;
  const { constants }: Partial<typeof vm> = vm;
  if (crc32 === undefined || constants === undefined) return undefined;
  let isHushed = false;
  const hushImports = (): void => {
    if (!isHushed) hush(vm);
    isHushed = true;
  };
  return { vm, crc32, hushImports };
}

/** Node warns once a process that imports of such scripts are experimental: here, where nobody sees it. */
function hush(vm: typeof NodeVm): void {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    const importModuleDynamically = vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
    new vm.Script(`void import('node:fs')`, { importModuleDynamically }).runInThisContext();
  } finally {
    process.emitWarning = emitWarning;
  }
}
