import type { InvocationContext, LogStream, RequestId, FunctionName, VersionNumber } from '../contract/index.ts';

/** How a sandbox's process ended. Exactly one of `code` and `signal` is not null. */
export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Killed by the kernel or lam for exceeding its memory limit. */
  readonly outOfMemory: boolean;
}

/** Sent to a sandbox once, before its first invocation. */
export interface InitRequest {
  readonly functionName: FunctionName;
  readonly version: VersionNumber;
  /** Unqualified ARN. */
  readonly functionArn: string;
  readonly handler: string;
  /** Folder of the code, as the sandbox sees it. */
  readonly taskRoot: string;
  readonly memoryMiB: number;
  readonly timeoutMs: number;
  readonly logGroup: string;
  readonly logStream: string;
  /** Invocations it may run at the same time. */
  readonly concurrency: number;
  /** Whether it must report a start-up cache after loading its code. */
  readonly wantStartupCache: boolean;
  /** The function's environment, added to what the process was started with. */
  readonly environment: Readonly<Record<string, string>>;
}

export type InitOutcome =
  | { readonly kind: 'ready'; readonly durationMs: number }
  /** The code said why it cannot start; `payload` is its error document, byte for byte. */
  | { readonly kind: 'error'; readonly payload: Uint8Array; readonly errorType: string }
  | { readonly kind: 'exit'; readonly exit: ExitStatus }
  | { readonly kind: 'timeout' };

/** `ranMs`: duration as measured by the session, for invocations sent ahead. */
export type InvokeOutcome =
  | { readonly kind: 'result'; readonly payload: Uint8Array; readonly ranMs?: number }
  /**
   * The handler failed; `payload` is its error document, byte for byte. The sandbox stays usable unless `leaving`, when
   * its process ends.
   */
  | {
      readonly kind: 'error';
      readonly payload: Uint8Array;
      readonly errorType: string;
      readonly ranMs?: number;
      readonly leaving?: boolean;
    }
  /** The answer exceeded its size limit and was discarded, or cut off if streamed; the sandbox stays usable. */
  | { readonly kind: 'too-large'; readonly bytes: number }
  | { readonly kind: 'exit'; readonly exit: ExitStatus }
  /**
   * The deadline passed first. The sandbox is in an unknown state and must be destroyed; other invocations that run in
   * it may finish first, each within its own deadline. It takes no further work: with a concurrency above 1, `start`
   * settles with `unstarted` from now on, and waiting invocations are recalled.
   */
  | { readonly kind: 'timeout' }
  /**
   * It did not start, and can run elsewhere: it was sent ahead, or the process never asked for it. `hasEnded`: the
   * process has ended, so that the sandbox takes no further work.
   */
  | { readonly kind: 'unstarted'; readonly hasEnded?: true };

/** What precedes the body of a streamed answer. */
export interface StreamHead {
  /** As the code set it; see `PLAIN_STREAM` and `HTTP_STREAM`. Not checked: it may be no valid header. */
  readonly contentType: string;
}

/** Controls one streamed answer from its reader's side. Without effect once it has settled. */
export interface StreamControl {
  /** The reader takes further pieces, after {@link StreamReceiver.piece} returned false. */
  resume(): void;
  /** Nobody reads on: the sandbox is told, and what it still sends is discarded. The invocation settles as usual. */
  cancel(): void;
}

/** Reads one streamed answer. */
export interface StreamReceiver {
  /**
   * The next piece of the body, at least one byte; may be kept. Returns false when the reader is behind: pieces already
   * under way still follow, at most 256 KiB, further ones only after {@link StreamControl.resume}. Must not throw.
   */
  piece(bytes: Uint8Array): boolean;
}

/** Receives the progress of one invocation in its sandbox. No method may throw. */
export interface InvocationHooks {
  /** Time limit of this invocation (ms); undefined for {@link InitRequest.timeoutMs}. */
  readonly timeoutMs?: number | undefined;
  /**
   * The handler may have begun: the event is about to be sent to a free sandbox, or the invocation ahead of it there
   * has answered. Called at most once, before `settled`, and never for an invocation that settles as `unstarted`.
   */
  started(): void;
  /**
   * The answer is streamed: called at most once, after `started` and before `settled`. The body ends with `settled`; it
   * is whole only if that has the kind `result`, whose payload is then empty.
   */
  streamed(head: StreamHead, control: StreamControl): StreamReceiver;
  /** Called once, never before {@link Session.start} has returned. */
  settled(outcome: InvokeOutcome): void;
}

/** Callbacks of a session; must not throw. */
export interface SessionHooks {
  /**
   * One log record. `requestId` is empty outside an invocation. `time`: milliseconds since the epoch; the time of
   * printing, if the bootstrap reports it.
   */
  onLog(stream: LogStream, text: string, requestId: RequestId | '', time: number): void;
  /** Called once by the creator of the sandbox, before init; tells the other hooks which session calls them. */
  attached?(session: Session): void;
  /** A start-up cache: opaque bytes that speed up loading the same code in the same interpreter. */
  onStartupCache?(interpreter: string, cache: Uint8Array): void;
  /** The code broke the protocol; the session is closed and pending promises resolve as `exit`. */
  onProtocolError(what: string): void;
}

/**
 * Speaks to the code inside one sandbox. Two implementations: lam's frames (native bootstraps) and AWS's Runtime API.
 * Order of calls: `init` once, then `start`, then `close`. Up to {@link InitRequest.concurrency} invocations run at the
 * same time; sessions of frames take further ones, which wait inside the sandbox. Every promise and every started
 * invocation settles: with `exit` once {@link Session.exited} or `close` was called.
 */
export interface Session {
  /** The interpreter as reported by the bootstrap, e.g. `node 26.10.0`; empty where not reported. */
  readonly interpreter: string;
  /**
   * Fails with `timeout` after it took longer than `limitMs`. `startupCache`: what an earlier sandbox of the same code
   * and interpreter reported.
   */
  init(request: InitRequest, limitMs: number, startupCache?: Uint8Array): Promise<InitOutcome>;
  /**
   * Undefined when the sandbox is free for its next invocation once the last one is settled; else resolves when its
   * extensions have finished with that, to false when they have not in time.
   */
  readonly settling?: Promise<boolean> | undefined;
  /**
   * Runs one invocation, or lets it wait inside the sandbox behind others. Its time-out counts from
   * {@link InvocationHooks.started}, or from this call in a session whose sandbox polls for events.
   */
  start(context: InvocationContext, event: Uint8Array, hooks: InvocationHooks): void;
  /** Called by the driver when the process has ended; settles everything pending. */
  exited(status: ExitStatus): void;
  /** Output read from the process's pipes; attributed to the current invocation, else the last. */
  output(stream: 'stdout' | 'stderr', chunk: Uint8Array): void;
  /**
   * Stops reading frames and output until `resume`, which eventually blocks the sandbox: back-pressure for slow log
   * writers. Absent where unsupported.
   */
  pause?(): void;
  resume?(): void;
  /** Idempotent. Settles what is pending, frees sockets. */
  close(): void;
}
