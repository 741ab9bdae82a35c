import type { Socket } from 'node:net';
import type { Authorizers, KeyRing } from '../../access/index.ts';
import type { PlainServer } from '../../http/index.ts';
import type { Clock } from '../../kit/index.ts';
import type { Limits, Quotas } from '../../limits/index.ts';
import type { AuditSink, Operations, OperationsFor } from '../../operations/index.ts';
import type { Router } from '../../router/index.ts';
import type { AccessLog } from '../access-log.ts';
import type { Api } from '../api.ts';
import { AwsGate } from '../aws/gate.ts';
import { ApiCallers } from '../callers.ts';
import type { ConnectionCaps } from '../connection-limit.ts';
import type { CallingSandboxes } from '../calling-sandboxes.ts';
import type { Door } from '../guard.ts';
import { createServer } from '../server.ts';
import type { ServiceKeys } from '../aws/s3-object.ts';
import { awsIdentityApi } from './aws-identity/api.ts';
import { awsApi } from './aws-lambda/api.ts';
import { awsManageApi } from './aws-lambda/manage-api.ts';
import { callsApi } from './aws-lambda/calls-api.ts';
import { awsLogsApi } from './aws-logs/api.ts';
import { controlApi } from './control/api.ts';
import type { IdempotentChanges } from './control/idempotency.ts';
import { functionsApi } from './functions/api.ts';
import type { RouteTable } from './functions/route-table.ts';
import type { HttpForm } from './functions/payload-formats.ts';
import type { StaticSource } from './functions/static-files.ts';
import type { Audit } from './glambdar/audit.ts';
import { glambdarInvokeApi } from './glambdar/invoke.ts';
import type { InvocationCounts } from './glambdar/invocation-counts.ts';
import { glambdarApi } from './glambdar/management.ts';
import { miniApi } from './mini-lambda/api.ts';
import type { MiniMetrics } from './mini-lambda/metrics.ts';
import { webhooksApi, type WebhookPort } from './webhooks/api.ts';
import type { Arns, AwsEndpoints, FunctionName, Qualifier } from '../../contract/index.ts';

export { IdempotentChanges } from './control/idempotency.ts';
export { Audit } from './glambdar/audit.ts';
export { InvocationCounts } from './glambdar/invocation-counts.ts';
export { MiniMetrics } from './mini-lambda/metrics.ts';
export type { HttpForm } from './functions/payload-formats.ts';
export type { StaticFile, StaticSource } from './functions/static-files.ts';
export type { WebhookPort } from './webhooks/api.ts';
export { RouteTable } from './functions/route-table.ts';

export interface EdgeOptions {
  readonly arns: Arns;
  /** Where services of AWS are. */
  readonly awsEndpoints: AwsEndpoints;
  /** For requests to them; absent for none. */
  readonly awsKeys?: ServiceKeys | undefined;
  readonly router: Router;
  /** Limits of routes. */
  readonly limits: Pick<Limits, 'admitAt'>;
  readonly quotas: Pick<Quotas, 'take'>;
  /** For invocations, whose APIs check the rights of callers. */
  readonly operations: Operations;
  /** All others, as a caller may use them. */
  readonly operationsFor: OperationsFor;
  readonly keys: KeyRing;
  /** Is told of what is changed and refused. */
  readonly auditSink: AuditSink;
  readonly clock: Clock;
  /** Returns the table of the live versions' routes; called per request, so it must be cached. */
  readonly routes: () => RouteTable;
  /** What authorizes requests to routes. */
  readonly authorizers: Pick<Authorizers, 'of'>;
  readonly exists: (functionName: FunctionName) => boolean;
  /** Returns how a function that exists takes HTTP requests; of a qualifier without a version, the live one's way. */
  readonly formOf: (functionName: FunctionName, qualifier: Qualifier | undefined) => HttpForm;
  /** Returns a number that changes whenever `routes`, `exists` or `formOf` may return something else; called per request. */
  readonly generation: () => number;
  /** Files of functions' code, for routes that serve them. */
  readonly files: StaticSource;
  /** Webhooks, which come before routes. */
  readonly webhooks: WebhookPort;
  /** What APIs of other products use. */
  readonly others: OtherApiParts;
  readonly door: Door;
  /** Limits of connections to this listener; unlimited if absent. */
  readonly caps?: ConnectionCaps;
  /** Gets a line per request; absent: none. */
  readonly accessLog?: AccessLog;
  /** Called with the size of each request or response body that took memory outside V8's heap (bytes). */
  readonly onBody?: (bytes: number) => void;
}

/** What APIs of other products use besides. */
export interface OtherApiParts {
  /** Changes by lam's own API with an `Idempotency-Key`. */
  readonly idempotent: IdempotentChanges;
  /** Whether Glambdar's API is served where functions are. */
  readonly isGlambdarBeside: boolean;
  readonly counts: InvocationCounts;
  /** Requests to Glambdar's API with keys. */
  readonly audit: Audit;
  /** Whether a connection comes from a program of the daemon's own user, or of root. */
  readonly isOwner: (socket: Socket) => Promise<boolean>;
}

type ApiParts = EdgeOptions & { readonly callers: ApiCallers };
type MakeApi = (parts: ApiParts) => Api;

function partsOf(options: EdgeOptions): ApiParts {
  const { auditSink: audit } = options;
  return { ...options, callers: new ApiCallers({ ...options, audit }) };
}

/** The gate of an API of AWS. */
function gateOf(
  { callers, clock, others: { isOwner } }: ApiParts,
  api: string,
  ...services: readonly string[]
): AwsGate {
  return new AwsGate({ callers, clock, isOwner, api, services });
}

const AWS_LAMBDA: readonly MakeApi[] = [
  (parts) => awsApi({ ...parts, gate: gateOf(parts, 'aws-lambda', 'lambda') }),
  (parts) => awsManageApi({ ...parts, gate: gateOf(parts, 'aws-lambda', 'lambda') }),
];

const CONTROL: MakeApi = (options) => controlApi({ ...options, ...options.others });

/** APIs of AWS at the path `/`, told apart by their headers. */
const AWS_AT_ROOT: readonly MakeApi[] = [
  (parts) => awsLogsApi({ ...parts, gate: gateOf(parts, 'aws-logs', 'logs') }),
  (parts) => awsIdentityApi({ ...parts, keys: parts.callers.keys, gate: gateOf(parts, 'aws-identity', 'sts', 'iam') }),
];

/** Glambdar's API: of paths that nothing else claims, or of a listener of its own. */
const GLAMBDAR: readonly MakeApi[] = [
  (options) => glambdarInvokeApi({ ...options, ...options.others }),
  (options) => glambdarApi({ ...options, ...options.others }),
];

/**
 * The wire APIs of each listener, in order of matching. Functions are served from the root path, so only what they leave
 * comes after them.
 */
const APIS: Readonly<Record<Door['kind'], readonly MakeApi[]>> = {
  port: [...AWS_LAMBDA, ...AWS_AT_ROOT, CONTROL, webhooksApi, functionsApi],
  socket: [...AWS_LAMBDA, ...AWS_AT_ROOT, CONTROL, webhooksApi, functionsApi],
};

/** Creates the HTTP server of one listener; does not listen yet. */
export function createEdge(options: EdgeOptions): PlainServer {
  const { clock, door, onBody, caps, accessLog, others } = options;
  const beside = others.isGlambdarBeside && door.kind === 'port' ? GLAMBDAR : [];
  const parts = partsOf(options);
  const apis = [...APIS[door.kind], ...beside].map((make) => make(parts));
  return createServer({ apis, fallback: 'functions', clock, audit: options.auditSink, onBody, caps, accessLog });
}

/** Creates the HTTP server of a listener for Glambdar's API alone; does not listen yet. */
export function createGlambdarEdge(options: EdgeOptions): PlainServer {
  const { clock, onBody, caps, accessLog, others } = options;
  const parts = { ...partsOf(options), ...others };
  const apis = [glambdarInvokeApi(parts), glambdarApi(parts, true)];
  return createServer({ apis, clock, audit: options.auditSink, onBody, caps, accessLog });
}

/** Creates the HTTP server of a listener for Mini-Lambda's API alone; does not listen yet. */
export function createMiniEdge(options: EdgeOptions, metrics: MiniMetrics): PlainServer {
  const { clock, onBody, caps, accessLog, others } = options;
  const apis = [miniApi({ ...partsOf(options), ...others, metrics })];
  return createServer({ apis, clock, audit: options.auditSink, onBody, caps, accessLog });
}

/** What the server for functions that call others uses. */
export interface CallsEdgeOptions extends Pick<
  EdgeOptions,
  'arns' | 'router' | 'operations' | 'clock' | 'caps' | 'onBody'
> {
  readonly callers: CallingSandboxes;
}

/** Creates the HTTP server by which functions call others; does not listen yet. It serves nothing else. */
export function createCallsEdge({ callers, clock, caps, onBody, ...rooms }: CallsEdgeOptions): PlainServer {
  return createServer({ apis: [callsApi(rooms, callers)], clock, onBody, caps });
}
