import type { IncomingMessage } from 'node:http';
import type { ControlBodies } from '../../../contract/index.ts';
import type { ErrorCode } from '../../../errors/index.ts';
import type { Reply } from '../../../http/index.ts';
import type { ApiCaller, AuditSink, Operations } from '../../../operations/index.ts';
import type { Router } from '../../../router/index.ts';
import type { RequestHead } from '../../request.ts';
import type { TaggedKind } from './preconditions.ts';
import type { PathValues, QueryName, QueryValues } from './parameters.ts';

/** What a request needs the right to do, from least to most. */
export type ControlScope = 'read' | 'invoke' | 'deploy' | 'admin';

/** Rooms that routes use. */
export interface ControlRooms {
  /** As the caller may use them. */
  readonly operations: Operations;
  readonly router: Router;
  readonly audit: AuditSink;
}

type Bodies = ControlBodies;

/** A checked request, as passed to its route. */
export interface RouteCall<Body = unknown> {
  readonly head: RequestHead;
  readonly caller: ApiCaller;
  /** The body as JSON, as the schema says; of routes without one, `{}`. */
  readonly body: Body;
  /** The body as it arrives, for uploads. */
  readonly request: IncomingMessage;
  /** The bytes of the body; of an upload none. */
  readonly bytes: Uint8Array;
  readonly reply: Reply;
  /** Aborts when the client disconnects before it has its answer. */
  readonly signal: () => AbortSignal;
  readonly query: QueryValues;
  /** Decoded parts of the path by name. */
  readonly path: PathValues;
}

/** What is said of every route. */
interface RouteFacts {
  /** Resource and method of clients, and the operation's id in the document: `functions.get`. */
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the API's prefix; `{name}` stands for one segment. */
  readonly path: string;
  /** What it does, in one sentence. */
  readonly summary: string;
  readonly scope: ControlScope;
  /** What its answer has the ETag of, or what a change may ask to be as in `If-Match`. */
  readonly tagged?: TaggedKind;
  /** Whether its answer holds a secret, which is kept nowhere. */
  readonly isSecret?: boolean;
  readonly query?: readonly QueryName[];
  /** Errors besides those that every route may answer. */
  readonly errors?: readonly ErrorCode[];
}

/** A route with a body of JSON or none, and an answer of JSON. */
interface JsonRoute<B extends keyof Bodies, A extends keyof Bodies> extends RouteFacts {
  /** Name of the body's schema. An empty body is `{}`. */
  readonly body?: B;
  readonly answer: A;
  readonly run: (rooms: ControlRooms, call: RouteCall<Bodies[B]>) => Bodies[A] | Promise<Bodies[A]>;
}

/** A route whose body is bytes. */
interface BytesRoute<A extends keyof Bodies> extends RouteFacts {
  /** Content types of the body, the usual one first. */
  readonly takes: readonly [string, ...string[]];
  readonly answer: A;
  readonly run: (rooms: ControlRooms, call: RouteCall) => Bodies[A] | Promise<Bodies[A]>;
}

/** A route whose answer is a stream of JSON lines, which it sends itself. */
interface StreamRoute<A extends keyof Bodies> extends RouteFacts {
  /** Name of the schema of a line. */
  readonly lines: A;
  readonly run: (rooms: ControlRooms, call: RouteCall) => Promise<void>;
}

/** A route whose answer is a stream of bytes, which it sends itself. */
interface ContentRoute extends RouteFacts {
  /** Content type of the answer. */
  readonly gives: string;
  readonly run: (rooms: ControlRooms, call: RouteCall) => Promise<void>;
}

/** A route of lam's own API, as the dispatcher and the document see it. */
export interface ControlRoute extends RouteFacts {
  readonly body?: keyof Bodies;
  readonly takes?: readonly [string, ...string[]];
  readonly answer?: keyof Bodies;
  readonly lines?: keyof Bodies;
  readonly gives?: string;
  /** Resolves to the answer; of a route with `lines` or `gives` to nothing. */
  readonly run: (rooms: ControlRooms, call: RouteCall<never>) => unknown;
}

/** Makes an entry of the table: the compiler compares what it returns with the answer's schema. */
export function jsonRoute<B extends keyof Bodies, A extends keyof Bodies>(route: JsonRoute<B, A>): ControlRoute {
  return route;
}

/** As {@link jsonRoute}, for a body of bytes. */
export function bytesRoute<A extends keyof Bodies>(route: BytesRoute<A>): ControlRoute {
  return route;
}

/** As {@link jsonRoute}, for an answer of JSON lines. */
export function streamRoute<A extends keyof Bodies>(route: StreamRoute<A>): ControlRoute {
  return route;
}

/** As {@link jsonRoute}, for an answer of bytes. */
export function contentRoute(route: ContentRoute): ControlRoute {
  return route;
}
