import type { IncomingMessage } from 'node:http';
import type { LamError } from '../errors/index.ts';
import type { Reply } from '../http/index.ts';
import type { AskedFor } from './callers.ts';
import type { RequestHead } from './request.ts';

interface ApiBase<Plan> {
  /** Name, unique in its list. */
  readonly name: string;
  /** Its name in the audit log, by default the same. */
  readonly called?: string;
  /**
   * Longest accepted body (bytes). Longer ones are refused; if the client waits for `100 Continue`, before it sends the
   * body.
   */
  readonly mostBodyBytes: number;
  /**
   * Returns a value that changes whenever `match` might decide differently about the same head; absent if `match`
   * depends on the head alone. Called for each request, so it must be cheap.
   */
  readonly generation?: () => unknown;
  /**
   * Returns a plan for a request with this head, an error if the head is invalid, or undefined if the request belongs
   * to another API. The result is cached as long as a client sends the same head on one connection and no `generation`
   * changes.
   */
  match(head: RequestHead): Plan | LamError | undefined;
  /**
   * Returns why the request is refused, or undefined to accept it. Called once per request before its body is read, so
   * that a revoked key or a rate limit takes effect at the next request. @param plan undefined when `match` returned an
   * error
   */
  authorize(head: RequestHead, plan: Plan | undefined): LamError | undefined;
  /** What a plan asks for, in the words of the audit log; absent: method and path of the request. */
  asked?(plan: Plan): AskedFor | undefined;
  /**
   * Answers an error in the API's own form. @param plan what `match` returned, if the request got so far
   */
  fail(reply: Reply, error: LamError, plan?: Plan): void;
  /**
   * Returns the names or routes of this API that are most similar to a path that no API matched; for the hint of the
   * 404.
   */
  near?(path: string): readonly string[];
}

/** An API whose requests are served once their bodies are complete, by either reader. */
export interface WholeBodyApi<Plan> extends ApiBase<Plan> {
  readonly reads: 'whole';
  /** Answers through `reply`, now or later. May keep `body`. `fail` answers exceptions. */
  serve(request: ApiRequest<Plan, Uint8Array>): void;
}

/** An API that reads bodies as they arrive, from `node:http`. */
export interface StreamedBodyApi<Plan> extends ApiBase<Plan> {
  readonly reads: 'stream';
  /** Answers through `reply`, now or later. `fail` answers exceptions. */
  serve(request: ApiRequest<Plan, IncomingMessage>): void;
}

/** An authorized request. */
export interface ApiRequest<Plan, Body> {
  readonly head: RequestHead;
  readonly plan: Plan;
  readonly body: Body;
  readonly reply: Reply;
}

/** One wire API: which requests it matches, who may make them, how it serves them, and how it reports errors. */
export type Api<Plan = unknown> = WholeBodyApi<Plan> | StreamedBodyApi<Plan>;
