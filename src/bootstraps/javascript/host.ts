import type { RuntimeError } from './error-document.ts';

/** Compiled code of a function's modules, for the next sandbox of the same code. */
export interface StartupCache {
  /** Must be called before a CommonJS module is loaded. */
  beforeRequire(): void;
  /** Must be called before an ES module is loaded. */
  beforeImport(): void;
  /** Packs what was compiled so far; undefined for nothing, or too much. */
  collect(): Buffer | undefined;
  /** Restores the loaders and removes temporary files; loaded modules stay. */
  remove(): void;
}

/** What differs between the JavaScript runtimes that this client runs on, once it has dialled. */
export interface JavaScriptHost {
  /** Name and version, as HELLO has it: `node 26.10.0`. */
  readonly interpreter: string;
  /** Opens the start-up cache of a function; absent where compiled code cannot be kept. */
  openCache?(taskRoot: string, archive: Buffer | undefined): StartupCache;
  /** Translates an error of loading that differs from Node's; undefined for others. */
  faultOf?(error: unknown): RuntimeError | undefined;
}
