import Module, { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import type * as NodeVm from 'node:vm';
import type * as NodeZlib from 'node:zlib';
import { STAND_IN_URL } from '../javascript/stack.ts';

/** Parameters of the function that Node compiles a CommonJS module to. */
const WRAPPER = ['(function (exports, require, module, __filename, __dirname) { ', '\n})'] as const;
/** Property under which the stand-in finds the compiled module. */
const COMPILED = 'lam.compiled';
/** Source that Node compiles instead of the module, so that everything else in its loader stays as it is. */
const STAND_IN = [
  `const key = Symbol.for('${COMPILED}'), run = module[key];`,
  `delete module[key];`,
  `return run.call(this, exports, require, module, __filename, __dirname);`,
  `\n//# sourceURL=${STAND_IN_URL}`,
].join(' ');
/** Modules of fewer characters compile as fast as their cache can be checked. */
const SMALL = 4096;
/** Length of the checksum before V8's data in an entry: over the source and that data, which V8 does not verify. */
const CHECKSUM_BYTES = 4;

type Compile = (this: object, content: unknown, filename: string, format?: unknown) => unknown;

/** Modules of Node that only this cache loads. */
interface Tools {
  readonly vm: typeof NodeVm;
  readonly crc32: typeof NodeZlib.crc32;
  /** Must be called before a script uses `import()`. */
  readonly hushImports: () => void;
}

/**
 * Compiles CommonJS modules of a function from V8's code cache of an earlier sandbox. Node's own compile cache is taken
 * before a module runs and lacks most functions of a bundle; this one holds every function that ran up to the first
 * answer, which halves the init of a large bundle.
 */
export class CjsCache {
  readonly #taskRoot: string;
  /** What an earlier sandbox collected, by path below the task root. */
  readonly #entries: ReadonlyMap<string, Buffer>;
  readonly #scripts = new Map<string, { readonly script: NodeVm.Script; readonly sourceSum: number }>();
  #tools: Tools | undefined;
  #original: Compile | undefined;
  #installed: Compile | undefined;

  constructor(taskRoot: string, entries: ReadonlyMap<string, Buffer>) {
    this.#taskRoot = taskRoot;
    this.#entries = entries;
  }

  /** Replaces Node's CommonJS compiler for files of the function. */
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

  /** V8's code cache of each module compiled here, with all functions that have run, by path below the task root. */
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

  /** Restores Node's compiler, unless the function has replaced it in the meantime. */
  remove(): void {
    if (Reflect.get(Module.prototype, '_compile') === this.#installed)
      Reflect.set(Module.prototype, '_compile', this.#original);
    this.#scripts.clear();
  }

  /** Compiles the module and stores it for the stand-in; returns whether that worked. */
  // oxlint-disable-next-line max-params -- the three of Node's compiler and the original one
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
      // An ES module or a syntax error: Node reports it.
      return false;
    }
  }

  /** The cached code of exactly this source, if its checksum is right. */
  #cachedData(tools: Tools, file: string, sourceSum: number): { readonly cachedData?: Buffer } {
    const entry = this.#entries.get(file);
    if (entry === undefined || entry.length <= CHECKSUM_BYTES) return {};
    const cachedData = entry.subarray(CHECKSUM_BYTES);
    return tools.crc32(cachedData, sourceSum) === entry.readUInt32BE(0) ? { cachedData } : {};
  }
}

/** Returns undefined if this Node lacks one of them. */
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

/** Triggers Node's one warning about `import()` in such scripts here, where it is not printed. */
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
