import type { ApiKeyDetail, Arns, FunctionName, TraceId } from '../contract/index.ts';
import type { LamError } from '../errors/index.ts';
import type { Clock } from '../kit/index.ts';
import type { KeyRing } from './key-ring.ts';
import type { KeptReplays } from './signatures/replay-memory.ts';
import type { SignedHeaders } from './signatures/scheme.ts';

/** The setting `auth` of a route: the name of a scheme, or a map with it as `type` and its options. */
export type AuthSetting = string | AuthOptions;

/** A scheme and its options, valid by its schema. */
export interface AuthOptions {
  readonly type: string;
  readonly [option: string]: unknown;
}

/** What an option may look like: a subset of JSON schema (draft 07). */
export interface AuthOption {
  readonly description: string;
  readonly type: AuthOptionType | readonly AuthOptionType[];
  readonly enum?: readonly string[];
  readonly minLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly items?: { readonly type: 'string'; readonly minLength?: number };
  readonly additionalProperties?: { readonly type: 'string' };
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
}

type AuthOptionType = 'string' | 'integer' | 'boolean' | 'array' | 'object';

/** A way to authorize requests: what lam.yaml may say of it, and what checks requests. */
export interface AuthScheme<O = AuthOptions> {
  /** One line on what it accepts. */
  readonly summary: string;
  /** Options by name, besides `type`. An option of several schemes has the same schema in each. */
  readonly options: Readonly<Record<string, AuthOption>>;
  readonly required: readonly string[];
  /** Returns the first fault that the schema cannot express, as words to follow `has auth that`, or undefined. Pure. */
  fault(options: O): string | undefined;
  /** Creates what checks requests; undefined where nothing is checked. Called once per daemon. */
  open?(host: AccessHost): (options: O, functionName: FunctionName) => Authorizer;
}

/** The daemon as authorizers see it. */
export interface AccessHost {
  readonly clock: Clock;
  /** The key that a caller sent, also if it has expired; undefined for any other text. */
  apiKey(key: string): ApiKeyDetail | undefined;
  /** The keys with scopes, by which AWS's clients sign. */
  readonly keys: Pick<KeyRing, 'credential' | 'hasSigning'>;
  /** ARNs of the daemon's account. */
  readonly arns: Arns;
  /** Value of a variable of a function's live version. */
  variable(functionName: FunctionName, name: string): string | undefined;
  /** Runs the live version of a function. Rejects with a `LamError` if it did not run. */
  invoke(functionName: FunctionName, event: Uint8Array, traceId: TraceId): Promise<AuthorizerRun>;
  /** What is kept of the requests to a function's routes with these settings, as text. */
  replays(functionName: FunctionName, settings: string): KeptReplays;
  /** Reports what callers are not told. */
  readonly onTrouble: (what: string) => void;
}

/** How a function that authorizes requests ended. */
export interface AuthorizerRun {
  readonly isSuccess: boolean;
  /** Its result, or the error document. */
  readonly payload: Uint8Array;
}

/** The head of a request that is to be authorized. */
export interface AccessHead {
  readonly method: string;
  /** Not decoded, without the query. */
  readonly path: string;
  readonly query: string;
  readonly headers: SignedHeaders;
  /** Names and values in turn, as received. */
  readonly rawHeaders: readonly string[];
}

/** A request that is to be authorized. */
export interface AccessRequest {
  readonly head: AccessHead;
  /** `GET /users/{id}`, as events have it. */
  readonly routeKey: string;
  readonly body: Uint8Array;
  /** Makes the event for a function that authorizes it. */
  readonly asEvent: () => AuthorizerEvent;
}

/** A request as an event. */
export interface AuthorizerEvent {
  /** Of format 2.0, without a body. */
  readonly event: Readonly<Record<string, unknown>>;
  /** Of the request, so that the function continues its chain of calls. */
  readonly traceId: TraceId;
}

/** Told to {@link AccessGrant.answered} where the client left before its request was answered. */
export const CLIENT_LEFT = 499;

/** Who signed a request, by the names that format 1.0 has for it. */
export type CallerIdentity = Readonly<Record<'accessKey' | 'accountId' | 'caller' | 'user' | 'userArn', string>>;

/** An accepted request. */
export interface AccessGrant {
  /** JSON of `requestContext.authorizer`, by payload format. */
  readonly context: { readonly '1.0': string; readonly '2.0': string };
  /** Members of `requestContext.identity` in format 1.0; absent: null, as for callers that signed nothing. */
  readonly identity?: CallerIdentity;
  /** The key that the caller sent, in the scheme `api-key`. */
  readonly apiKey?: ApiKeyDetail;
  /** Called once: with the status of the answer, or with {@link CLIENT_LEFT} if none is sent and nothing ran. */
  readonly answered?: (status: number) => void;
}

/** A grant, or why the request is refused; `challenge` in the details is its `WWW-Authenticate`. */
export type AccessVerdict = AccessGrant | LamError;

/** Authorizes requests by one scheme and its options. */
export interface Authorizer {
  /** Refuses what needs no body and no waiting: a request without credentials. Called before the body is read. */
  early(head: AccessHead): LamError | undefined;
  /** Decides. Called once per request, whose body is complete. Never throws or rejects. */
  decide(request: AccessRequest): AccessVerdict | Promise<AccessVerdict>;
}
