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
  /** Its name on the PATH of a container image. */
  readonly inImage: string;
}

/** An interpreter that is found on PATH. */
export interface ProgramOnPath {
  readonly kind: 'on-path';
  /** In messages: `Python`. */
  readonly title: string;
  /** Names of programs that may run `version` (undefined: any), best first; messages use the first. */
  programs(version: string | undefined): readonly string[];
  /** Arguments that make it print its own path and then its version (`3.11.2`), one line each. */
  readonly ask: readonly string[];
  /** Oldest version that runs the client: `3.8`. */
  readonly oldest: string;
  /** Its name on the PATH of a container image. */
  readonly inImage: string;
  /** Host folders, beside /usr, that `executable` (its real path) needs to see inside a container. */
  folders(executable: string): readonly string[];
}

/** The process of a sandbox. */
export type EntryPoint =
  /** A file of the artifact, started by itself. */
  | { readonly kind: 'executable'; readonly file: string }
  /** An interpreter that runs a client: the program that speaks the protocol and calls the handler. */
  | {
      readonly kind: 'interpreter';
      readonly interpreter: Interpreter;
      /** File or folder of the client in lam's assets; null if the artifact contains the client. */
      readonly client: string | null;
      /**
       * Returns the interpreter's arguments. `client`: path of the client (empty for null); `taskRoot`: folder of the
       * code; both inside the sandbox.
       */
      arguments(at: { readonly client: string; readonly taskRoot: string }): readonly string[];
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
  readonly handler: HandlerGrammar;
  readonly protocol: Protocol;
  readonly entry: EntryPoint;
  /**
   * Whether stems are booted, and which functions can share them: those of all versions, or of the same version. Except
   * for `none`, the protocol must pass environment and code with init.
   */
  readonly stems: 'none' | 'all-versions' | 'per-version';
  /** Whether AWS offers it as a managed runtime; its functions then have `AWS_EXECUTION_ENV`. */
  readonly isManaged: boolean;
  /** Returns environment variables of its process besides those of every sandbox. */
  environment(memoryMiB: number): Readonly<Record<string, string>>;
  /** Default template of `lam init`, under `templates/<family>/`. */
  readonly defaultTemplate: string;
}
