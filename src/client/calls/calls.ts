import type { IncomingMessage } from 'node:http';
import type { Ask, CallOptions } from '../transport.ts';

/** A client's ways to ask the daemon. */
export interface Calls {
  /** Sends a request without a body, and returns the JSON of its answer. */
  ask<T>(method: Ask['method'], path: string, options?: CallOptions): Promise<T>;
  /** The same with a JSON body. */
  send<T>(
    request: { readonly method: Ask['method']; readonly path: string; readonly value: unknown },
    options?: CallOptions,
  ): Promise<T>;
  /** The same with any body. */
  upload<T>(path: string, body: NonNullable<Ask['body']>, options?: CallOptions): Promise<T>;
  /** Sends a request, and returns its answer as it arrives. */
  bytes(path: string, options?: CallOptions): Promise<IncomingMessage>;
  /** Yields the lines of an answer; ends without an error when the reader stops or the signal aborts. */
  stream<T>(path: string, options?: CallOptions): AsyncGenerator<T, void, void>;
}
