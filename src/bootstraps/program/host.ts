import type { InitRequest } from '../../executor/frames.ts';

/** How a program ended. */
export type ProgramEnd =
  | { readonly kind: 'exit'; readonly status: number }
  | { readonly kind: 'signal'; readonly signal: string; readonly outOfMemory: boolean }
  /** It did not start, or broke the rules of its machine; `message` says how. */
  | { readonly kind: 'fault'; readonly errorType: string; readonly message: string };

/** Receives what a program does. */
export interface ProgramEvents {
  /** A view that is valid until it returns. */
  stdout(chunk: Buffer): void;
  /** As `stdout`. */
  stderr(chunk: Buffer): void;
  /** Called once, after all output. */
  ended(end: ProgramEnd): void;
}

/** One run of the program. */
export interface ProgramCall {
  /** What it reads on stdin; valid until `run` returns. */
  readonly event: Buffer;
  readonly environment: Readonly<Record<string, string>>;
}

/** Starts a program once per invocation. */
export interface ProgramHost {
  /** What HELLO reports as the runtime. */
  readonly title: string;
  /** Prepares what `init` names. Rejects with {@link LoadFault} where it can never run. */
  load(init: InitRequest): Promise<void>;
  /** Starts the program; returns the function that ends it at once, after which `ended` is still called. */
  run(call: ProgramCall, events: ProgramEvents): () => void;
  /** Ends all running programs; called before this process exits. */
  close(): void;
}

/** Why the program can never run: the error document of init. */
export class LoadFault extends Error {
  readonly errorType: string;

  constructor(errorType: string, message: string) {
    super(message);
    this.errorType = errorType;
  }
}
