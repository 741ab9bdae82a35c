/** Who asked for an invocation: a direct caller, or a trigger of this kind and name. */
export type Origin =
  | { readonly kind: 'call' }
  | { readonly kind: 'trigger'; readonly trigger: string; readonly id: string };

/** What travels with an event to the handler's side. */
export interface InvocationContext {
  /** UUID; the same one the caller, the handler and the logs see. */
  readonly requestId: string;
  /** When the handler must be done, milliseconds since the epoch. */
  readonly deadlineMs: number;
  /** The ARN as it was asked for: unqualified, or with the qualifier of the request. */
  readonly functionArn: string;
  /** `Root=1-...;Parent=...;Sampled=0`. Runtimes need it always present. */
  readonly traceId: string;
  /** Decoded JSON text of `X-Amz-Client-Context`. */
  readonly clientContext?: string;
  /** The event came over HTTP, so a native handler finds `json()` and `text()` on it. */
  readonly http?: boolean;
}
