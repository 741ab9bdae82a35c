import type { ConfigInput, FunctionName } from '../contract/index.ts';

/** How a function's source becomes an artifact: `build` in lam.yaml. */
export interface BuildOptions {
  /** Shell command that runs in the function's folder before packaging. */
  readonly command?: string;
  /** Whether the handler is bundled with esbuild; by default only a TypeScript handler is. */
  readonly bundle?: boolean;
  /** Dockerfile of a function that is an image, relative to its folder. */
  readonly dockerfile?: string;
  /** What of such an image is overridden. */
  readonly imageConfig?: ImageConfig;
  /** Whether the tools of the build run in a container instead of on this machine. */
  readonly inContainer?: boolean;
  /** Image of that container; by default this machine's own programs. */
  readonly image?: string;
  /** Patterns, in .gitignore's grammar, of files to package that would be left out otherwise. */
  readonly include: readonly string[];
  /** Folders and files that triggers need in the package, relative to the function's folder. */
  readonly needed?: readonly string[];
  /** `auto`: installs and packages the dependencies in package.json or requirements.txt. */
  readonly dependencies: 'auto' | 'none';
}

/** A layer of a function. */
export interface ProjectLayer {
  /** As in lam.yaml. */
  readonly source: string;
  /** Absolute path of the folder or zip; null for a published version, whose `source` is `NAME:VERSION` or an ARN. */
  readonly path: string | null;
}

/** Overrides of a container image, as of AWS's `ImageConfig`. */
export interface ImageConfig {
  readonly entryPoint?: readonly string[];
  readonly command?: readonly string[];
  readonly workingDirectory?: string;
}

export interface ProjectFunction {
  readonly name: FunctionName;
  /** Absolute path of the folder with its source. */
  readonly directory: string;
  /** Absolute path of the folder that is this function's alone: `path` in lam.yaml, else the folder of its handler. */
  readonly ownFolder: string;
  /** Absolute paths of other functions' own folders inside `directory`, which the artifact leaves out. */
  readonly othersFolders: readonly string[];
  /** Settings of lam.yaml in the contract's units; runtime and handler are always present. */
  readonly config: ConfigInput & { readonly runtime: string; readonly handler: string };
  /** In order: a later one wins over an earlier one. */
  readonly layers: readonly ProjectLayer[];
  readonly build: BuildOptions;
  /** Whether a deploy loads its code in a sandbox before it goes live. */
  readonly verify: boolean;
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
