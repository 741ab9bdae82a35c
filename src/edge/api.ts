import type { IncomingMessage } from 'node:http';
import type { LamError } from '../errors/index.ts';
import type { Reply } from './reply.ts';
import type { RequestHead } from './request.ts';

interface ApiBase<Plan> {
  /** Names it in its list, where no two have the same. */
  readonly name: string;
  /** Longest body it takes, bytes; longer ones are refused, those that wait for `100 Continue` before they are sent. */
  readonly mostBodyBytes: number;
  /**
   * A value that changes whenever `match` might decide otherwise about the same head; absent where `match` depends on the head
   * alone. Asked for each request: must be cheap.
   */
  readonly generation?: () => unknown;
  /**
   * What the head of a request asks for, an error when it asks for what cannot be, or undefined when it belongs to another API.
   * Remembered for as long as a client sends the same head on one connection and no `generation` changes.
   */
  match(head: RequestHead): Plan | LamError | undefined;
  /**
   * Why the request is refused, or undefined to let it in. Asked once for each request before its body is read, so that a
   * revoked key or a rate limit takes effect at the next one. @param plan undefined when `match` returned an error
   */
  authorize(head: RequestHead, plan: Plan | undefined): LamError | undefined;
  /** Answers an error in the API's own form. */
  fail(reply: Reply, error: LamError): void;
  /** What this API serves that reads most like a path that no API matched; for the hint of the 404. */
  near?(path: string): readonly string[];
}

/** An API whose requests are served once their bodies are complete, by either reader. */
export interface WholeBodyApi<Plan> extends ApiBase<Plan> {
  readonly reads: 'whole';
  /** Answers through `reply`, now or later. May keep `body`. What it throws is answered by `fail`. */
  serve(request: ApiRequest<Plan, Uint8Array>): void;
}

/** An API that reads bodies as they arrive, from `node:http`. */
export interface StreamedBodyApi<Plan> extends ApiBase<Plan> {
  readonly reads: 'stream';
  /** Answers through `reply`, now or later. What it throws is answered by `fail`. */
  serve(request: ApiRequest<Plan, IncomingMessage>): void;
}

/** A request that was let in. */
export interface ApiRequest<Plan, Body> {
  readonly head: RequestHead;
  readonly plan: Plan;
  readonly body: Body;
  readonly reply: Reply;
}

/** One wire API: which requests are its own, who may make them, how they are served, and how it says no. */
export type Api<Plan = unknown> = WholeBodyApi<Plan> | StreamedBodyApi<Plan>;
