import type { InvocationContext, LogStream } from '../contract/index.ts';

/** Why a sandbox's process is no more. Exactly one of `code` and `signal` is not null. */
export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The kernel or lam ended it because it passed its memory limit. */
  readonly outOfMemory: boolean;
}

/** What a sandbox is told once, before its first invocation. */
export interface InitRequest {
  readonly functionName: string;
  readonly version: number;
  /** Unqualified ARN. */
  readonly functionArn: string;
  readonly handler: string;
  /** Folder of the code, as the sandbox sees it. */
  readonly taskRoot: string;
  readonly memoryMiB: number;
  readonly timeoutMs: number;
  readonly logGroup: string;
  readonly logStream: string;
  /** Invocations it may run at the same time; 1: one after the other. */
  readonly concurrency: number;
  /** It is to report a start-up cache once it has loaded its code. */
  readonly wantStartupCache: boolean;
  /** Everything the function finds in its environment beyond what it was booted with. */
  readonly environment: Readonly<Record<string, string>>;
}

export type InitOutcome =
  | { readonly kind: 'ready'; readonly durationMs: number }
  /** The code said why it cannot start; `payload` is its error document, byte for byte. */
  | { readonly kind: 'error'; readonly payload: Uint8Array; readonly errorType: string }
  | { readonly kind: 'exit'; readonly exit: ExitStatus }
  | { readonly kind: 'timeout' };

/** `ranMs`: how long it ran, where the session knows better than who waited, because it was sent ahead. */
export type InvokeOutcome =
  | { readonly kind: 'result'; readonly payload: Uint8Array; readonly ranMs?: number }
  /** The handler failed; `payload` is its error document, byte for byte. The sandbox lives on unless it says that it is `leaving`. */
  | {
      readonly kind: 'error';
      readonly payload: Uint8Array;
      readonly errorType: string;
      readonly ranMs?: number;
      readonly leaving?: boolean;
    }
  /** The answer passed the size limit and was thrown away; the sandbox lives on. */
  | { readonly kind: 'too-large'; readonly bytes: number }
  | { readonly kind: 'exit'; readonly exit: ExitStatus }
  /**
   * The deadline passed first. The sandbox is in an unknown state and must be destroyed; what runs in it beside this one
   * may be let finish before, each within its own deadline. It takes no further work: with a concurrency above 1, `invoke`
   * answers `unstarted` from here on, and what waited is asked back.
   */
  | { readonly kind: 'timeout' }
  /** It was sent ahead and certainly did not start: it is to run elsewhere. */
  | { readonly kind: 'unstarted' };

/** Told how one invocation fares in its sandbox. Neither method may throw. */
export interface InvocationHooks {
  /**
   * From here on the handler may have begun: the event is about to be sent and nothing runs in front of it, or what ran in
   * front of it has answered. At most once, before `settled`, and never for one that settles as `unstarted`.
   */
  started(): void;
  /** Called once, never before {@link Session.start} has returned. */
  settled(outcome: InvokeOutcome): void;
}

/** What a session reports without being asked. Never throws. */
export interface SessionHooks {
  /**
   * One log record. `requestId` is empty outside an invocation. `time` is milliseconds since the epoch, at the
   * moment of printing where the bootstrap knows it.
   */
  onLog(stream: LogStream, text: string, requestId: string, time: number): void;
  /** Called once by whoever made the sandbox, before init, so that the other hooks know whose they are. */
  attached?(session: Session): void;
  /** What the interpreter can load the code from faster the next time: opaque bytes, for the same code and interpreter only. */
  onStartupCache?(interpreter: string, cache: Uint8Array): void;
  /** The code broke the protocol; the session is closed and whatever was pending resolves as `exit`. */
  onProtocolError(what: string): void;
}

/**
 * Speaks to the code inside one sandbox. Two implementations: lam's frames (native bootstraps) and AWS's Runtime
 * API. Order of calls: `init` once, then `start`, then `close`. Up to {@link InitRequest.concurrency} invocations run at
 * the same time; sessions of frames take further ones, which wait inside the sandbox. Every promise settles: with `exit`
 * once {@link Session.exited} or `close` was called. What is started settles as well.
 */
export interface Session {
  /** What runs the code, as its bootstrap said, e.g. `node 26.10.0`; empty where nobody said so. */
  readonly interpreter: string;
  /**
   * Fails with `timeout` after it took longer than `limitMs`. `startupCache`: what an earlier sandbox of the same code and
   * interpreter reported.
   */
  init(request: InitRequest, limitMs: number, startupCache?: Uint8Array): Promise<InitOutcome>;
  /**
   * Runs one invocation, or lets it wait inside the sandbox behind others. Its time-out counts from
   * {@link InvocationHooks.started}, or from here in a session whose sandbox asks for its events.
   */
  start(context: InvocationContext, event: Uint8Array, hooks: InvocationHooks): void;
  /** Told by the driver when the process ended: settles all that is pending. */
  exited(status: ExitStatus): void;
  /** Raw output of the process that did not come over the session; attributed to the current invocation, else the last. */
  output(stream: 'stdout' | 'stderr', chunk: Uint8Array): void;
  /**
   * Reads nothing more of what the sandbox says or prints until `resume`, which in time blocks it: for an owner whose
   * logs can't keep up. Absent where the session can't.
   */
  pause?(): void;
  resume?(): void;
  /** Idempotent. Settles what is pending, frees sockets. */
  close(): void;
}
