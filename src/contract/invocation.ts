import type { RequestId, TraceId } from './ids.ts';
/** Cause of an invocation: a direct call, or a trigger with the id of the event at its source. */
export type Origin =
  | { readonly kind: 'call' }
  | { readonly kind: 'trigger'; readonly trigger: string; readonly id: string };

/** Context that is sent to the sandbox with an event. */
export interface InvocationContext {
  /** UUID that the caller, the handler and the logs see. */
  readonly requestId: RequestId;
  /** Deadline of the handler (milliseconds since the epoch). */
  readonly deadlineMs: number;
  /** The ARN with the qualifier of the request, if it had one. */
  readonly functionArn: string;
  /** `Root=1-...;Parent=...;Sampled=0`. Always present, because runtimes require it. */
  readonly traceId: TraceId;
  /** Decoded JSON text of `X-Amz-Client-Context`. */
  readonly clientContext?: string;
  /** Whether the event came over HTTP; native bootstraps then add `json()` and `text()` to it. */
  readonly http?: boolean;
  /** Whether a program's answer is what it printed as one JSON string, every character of it; else what is JSON stays as it is. */
  readonly verbatim?: boolean;
}
