import type { ConfigInput, FunctionName } from '../contract/index.ts';

/** How a function's source becomes an artifact: `build` in lam.yaml. */
export interface BuildOptions {
  /** Shell command that runs in the function's folder before packaging. */
  readonly command?: string;
  /** Whether the handler is bundled with esbuild; by default only a TypeScript handler is. */
  readonly bundle?: boolean;
  /** Patterns, in .gitignore's grammar, of files to package that would be left out otherwise. */
  readonly include: readonly string[];
  /** `auto`: installs and packages the dependencies in package.json or requirements.txt. */
  readonly dependencies: 'auto' | 'none';
}

export interface ProjectFunction {
  readonly name: FunctionName;
  /** Absolute path of the folder with its source. */
  readonly directory: string;
  /** Settings of lam.yaml in the contract's units; runtime and handler are always present. */
  readonly config: ConfigInput & { readonly runtime: string; readonly handler: string };
  readonly build: BuildOptions;
}

/** A valid lam.yaml. */
export interface Project {
  /** Absolute path of the folder that holds the file. */
  readonly root: string;
  /** Absolute path of the file. */
  readonly file: string;
  /** In the order of the file; at least one. */
  readonly functions: readonly ProjectFunction[];
}

/** One fault of a lam.yaml. */
export interface ProjectFault {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** JSON pointer to the value, empty for the whole document. */
  readonly path: string;
  readonly message: string;
}
