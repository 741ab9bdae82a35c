import type { Protocol } from './protocol.ts';

/** A program that reads a language's source, and how it is found on the machine that makes the sandbox. */
export type Interpreter = LamNode | ProgramOnPath;

/** The Node that runs lam itself: always there, one version for all. */
export interface LamNode {
  readonly kind: 'lam-node';
  /** In messages: `Node`. */
  readonly title: string;
  /** The identifier that asks for `version`: `nodejs22.x`. */
  asked(version: string): string;
  /** Its name on the PATH of a container image. */
  readonly inImage: string;
}

/** An interpreter that is looked for on PATH. */
export interface ProgramOnPath {
  readonly kind: 'on-path';
  /** In messages: `Python`. */
  readonly title: string;
  /** Names of the program that may run `version` (undefined: any), the best first; the first also names it in messages. */
  programs(version: string | undefined): readonly string[];
  /** Arguments with which it prints its own path and then its version (`3.11.2`), a line each. */
  readonly ask: readonly string[];
  /** Oldest version that runs the client, in the form of its own version: `3.8`. */
  readonly oldest: string;
  /** Its name on the PATH of a container image. */
  readonly inImage: string;
  /** Host folders, beside /usr, that `executable` (its real path) needs to see inside a container. */
  folders(executable: string): readonly string[];
}

/** What a sandbox's process is. */
export type EntryPoint =
  /** A file of the artifact, started by itself. */
  | { readonly kind: 'executable'; readonly file: string }
  /** An interpreter which runs a client: the program that speaks the protocol and calls the handler. */
  | {
      readonly kind: 'interpreter';
      readonly interpreter: Interpreter;
      /** The client, ours or an official one: its file or folder in lam's assets; null where the artifact brings it. */
      readonly client: string | null;
      /** The interpreter's arguments. `client`: path of the client (empty for null); `taskRoot`: folder of the code; as the process sees them. */
      arguments(at: { readonly client: string; readonly taskRoot: string }): readonly string[];
    };

/** What a handler's text means. */
export interface HandlerGrammar {
  /** Used where none is set. */
  readonly default: string;
  /** The handler's file without its ending, relative to the code's root. */
  file(handler: string): string;
  /** What is wrong with it, as in `the handler 'x' must read ...`; undefined when nothing is. */
  fault(handler: string): string | undefined;
}

/** A family of runtimes as data and pure functions: one language or way to start code, in all its versions. */
export interface RuntimeDescriptor {
  /** The version that `identifier` asks for (undefined: any), or undefined where it is no identifier of this family. */
  parse(identifier: string): { readonly version: string | undefined } | undefined;
  /** Identifiers to show a person, the plain one first. */
  readonly identifiers: readonly string[];
  readonly handler: HandlerGrammar;
  readonly protocol: Protocol;
  readonly entry: EntryPoint;
  /**
   * Whether sandboxes are booted ahead of their code, and which functions can share them: those of all versions or of one
   * version only. Anything but `none` needs a protocol that brings environment and code with init.
   */
  readonly stems: 'none' | 'all-versions' | 'per-version';
  /** AWS has it as a managed runtime, so that its functions find `AWS_EXECUTION_ENV`. */
  readonly isManaged: boolean;
  /** Variables that its process is started with, beside those of every sandbox. */
  environment(memoryMiB: number): Readonly<Record<string, string>>;
  /** The template under `templates/<family>/` that `lam init` takes when none is named. */
  readonly defaultTemplate: string;
}
