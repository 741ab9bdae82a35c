import type { Protocol } from './protocol.ts';

/** An interpreter, and how it is found on the machine that makes the sandbox. */
export type Interpreter = LamNode | ProgramOnPath;

/** The Node that runs lam itself: always present, one version for all functions. */
export interface LamNode {
  readonly kind: 'lam-node';
  /** In messages: `Node`. */
  readonly title: string;
  /** Returns the identifier of `version`: `nodejs22.x`. */
  asked(version: string): string;
  /** Its name on the PATH of a container image; null for lam's own Node, which is brought along. */
  readonly inImage: string | null;
}

/** An interpreter that is found on PATH. */
export interface ProgramOnPath {
  readonly kind: 'on-path';
  /** In messages: `Python`. */
  readonly title: string;
  /** Names of programs that may run `version` (undefined: any), best first; messages use the first. */
  programs(version: string | undefined): readonly string[];
  /** Folders whose subfolders are installations, with programs in their `bin`; searched after PATH. */
  readonly installations?: readonly string[];
  /** Arguments that make it print its own path and then its version (`3.11.2`), one line each, unless `answer` is given. */
  readonly ask: readonly string[];
  /** Returns its own path and version from what it printed on stdout and stderr; undefined where it says neither. */
  answer?(printed: string): { readonly executable: string; readonly version: string } | undefined;
  /** Oldest version that runs the client: `3.8`. */
  readonly oldest: string;
  /** Its name on the PATH of a container image. */
  readonly inImage: string;
  readonly parts?: InterpreterParts;
  /** Host folders, beside /usr, that `executable` (its real path) needs to see inside a container. */
  folders(executable: string): readonly string[];
  readonly supply: Supply;
}

/** What an interpreter needs in an image of its own, besides itself and shared libraries. */
export interface InterpreterParts {
  /** Arguments that make it print what `folders` reads; empty if that reads nothing. */
  readonly ask: readonly string[];
  /** Returns folders and files. `printed`: its output; `executable`: its real path. */
  folders(printed: string, executable: string): readonly string[];
  /** Names of files and folders below that functions do not need. */
  readonly leaveOut: readonly string[];
}

/** Where a program is had that a machine misses. */
export interface Supply {
  /** The Debian package with it; null where Debian has none. */
  readonly debian: string | null;
  /** Address of its own page of downloads. */
  readonly site: string;
}

/** A program that builds functions from their source; what it built runs without it. */
export interface Toolchain {
  /** In messages: `Go`. */
  readonly title: string;
  /** The program on PATH that has it, also one that runs it (`python3` for pip). */
  readonly program: string;
  /** Arguments that make it print its version, the first number with a dot on its output. */
  readonly ask: readonly string[];
  /** Which functions want it, completing `for ...`: `functions with a Gemfile`; null if no source is built without it. */
  readonly wantedFor: string | null;
  readonly supply: Supply;
}

/** What a process is started with for the code of one function. */
export interface CodeStart {
  /** Folder of the code inside the sandbox. */
  readonly taskRoot: string;
  /** Empty where the protocol passes it with init. */
  readonly handler: string;
  /** The function's memory limit (MiB). */
  readonly memoryMiB: number;
  readonly archive: ArchiveUse | null;
}

/** An archive of loaded code that a process maps as it starts, or writes as it exits by SIGTERM. */
export interface ArchiveUse {
  readonly does: 'use' | 'record';
  /** Path inside the sandbox. */
  readonly file: string;
}

/** The process of a sandbox. */
export type EntryPoint =
  /** A file of the artifact, started by itself. */
  | {
      readonly kind: 'executable';
      readonly file: string;
      /** Asset with the source of a client that the build compiles into artifacts. */
      readonly clientSource?: string;
    }
  /**
   * A container image that the package names in `file`, started with its own entry point. `client`: the program of lam's
   * assets, run by lam's Node, that starts it; null where it speaks its protocol itself.
   */
  | { readonly kind: 'image'; readonly file: string; readonly client: string | null }
  /** An interpreter that runs a client: the program that speaks the protocol and calls the handler. */
  | {
      readonly kind: 'interpreter';
      readonly interpreter: Interpreter;
      /** File or folder of the client in lam's assets; null if the artifact contains the client. */
      readonly client: string | null;
      /**
       * Returns the interpreter's arguments. `client`: path of the client (empty for null), inside the sandbox.
       */
      arguments(at: { readonly client: string } & CodeStart): readonly string[];
      /** Whether code with this environment starts faster from an archive of its own; absent where none does. */
      wantsArchive?(environment: Readonly<Record<string, string>>): boolean;
      /** Returns the arguments that make the interpreter compile the client, for itself, beside the client's files. */
      compile?(client: string): readonly string[];
    };

/** Grammar of handlers. */
export interface HandlerGrammar {
  /** Default handler. */
  readonly default: string;
  /** Returns the handler's file without its extension, relative to the code's root. */
  file(handler: string): string;
  /** Returns what is wrong with a handler, as in `the handler 'x' must read ...`; undefined for a valid one. */
  fault(handler: string): string | undefined;
}

/** A family of runtimes as data and pure functions: one language or way to start code, in all its versions. */
export interface RuntimeDescriptor {
  /** Returns the version in `identifier` (undefined: any), or undefined for an identifier of another family. */
  parse(identifier: string): { readonly version: string | undefined } | undefined;
  /** Identifiers shown to users, the plain one first. */
  readonly identifiers: readonly string[];
  /**
   * AWS Lambda's identifiers that mean this family, oldest first, also those that AWS no longer offers; each parses to
   * it. Source: AWS Lambda's developer guide, "Lambda runtimes".
   */
  readonly awsIdentifiers: readonly string[];
  readonly handler: HandlerGrammar;
  readonly protocol: Protocol;
  readonly entry: EntryPoint;
  /** What builds its functions; empty where nothing but lam is needed. */
  readonly toolchains: readonly Toolchain[];
  /**
   * Whether stems are booted, and which functions can share them: those of all versions, or of the same version. A stem
   * on `frames` has its interpreter running; on `runtime-api` it is only a place, where the program starts when the stem
   * is bound.
   */
  readonly stems: 'none' | 'all-versions' | 'per-version';
  /**
   * `one`: its client runs one invocation at a time whatever the function's `concurrency` is, and cannot return those
   * that were sent ahead meanwhile, so that none are. Absent: as many as `concurrency` says.
   */
  readonly concurrency?: 'one';
  /** Whether AWS offers it as a managed runtime; its functions then have `AWS_EXECUTION_ENV`. */
  readonly isManaged: boolean;
  /**
   * Returns search paths of the language by the variables that hold them, relative to the folder of the layers (AWS's
   * list); absent if it has none. `version`: from the identifier.
   */
  layerPaths?(version: string | undefined): Readonly<Record<string, readonly string[]>>;
  /** Returns the name and tag of an image that its maintainers publish, without a registry; absent where none is known. */
  publishedImage?(version: string | undefined): string;
  /** Returns environment variables of its process besides those of every sandbox. */
  environment(memoryMiB: number): Readonly<Record<string, string>>;
  /** Default template of `lam init`, under `templates/<family>/`. */
  readonly defaultTemplate: string;
}
