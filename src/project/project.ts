import type { ConfigInput } from '../contract/index.ts';

/** How a function's source becomes an artifact, as `build` in lam.yaml says. */
export interface BuildOptions {
  /** A shell command run in the function's folder before anything is packaged. */
  readonly command?: string;
  /** Bundle the handler with esbuild. Undefined: only when the handler's file is TypeScript. */
  readonly bundle?: boolean;
  /** Patterns in .gitignore's grammar of files to package although they would be left out. */
  readonly include: readonly string[];
  /** `auto`: what package.json or requirements.txt declare is installed and packaged. */
  readonly dependencies: 'auto' | 'none';
}

export interface ProjectFunction {
  readonly name: string;
  /** Absolute path of the folder with its source. */
  readonly directory: string;
  /** What lam.yaml sets, in the contract's units; runtime and handler always. */
  readonly config: ConfigInput & { readonly runtime: string; readonly handler: string };
  readonly build: BuildOptions;
}

/** A lam.yaml, read and found valid. */
export interface Project {
  /** Absolute path of the folder that holds the file. */
  readonly root: string;
  /** Absolute path of the file. */
  readonly file: string;
  /** In the order of the file; at least one. */
  readonly functions: readonly ProjectFunction[];
}

/** One thing wrong with a lam.yaml. */
export interface ProjectFault {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** JSON pointer to the value, empty for the whole document. */
  readonly path: string;
  readonly message: string;
}
