import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { LIMITS, type FunctionName } from '../../../contract/index.ts';
import { asLamError, isLamError, lamError, type LamError } from '../../../errors/index.ts';
import type { Reply } from '../../../http/index.ts';
import type { Clock } from '../../../kit/index.ts';
import type { Operations } from '../../../operations/index.ts';
import type { ApiRequest, StreamedBodyApi } from '../../api.ts';
import { discardRest, readBody } from '../../body.ts';
import type { ApiCallers } from '../../callers.ts';
import { isGone } from '../../reply.ts';
import { accessRefusal, callerOf } from './access.ts';
import type { Audit } from './audit.ts';
import { deploy, isDeployFault, rateOf, type DeployParts } from './deploy.ts';
import { sendFailure, sendGlambdar } from './failure.ts';
import type { InvocationCounts } from './invocation-counts.ts';
import { invocationLogs } from './invocation-logs.ts';
import { changeKey, createKey, listKeys, revokeKey } from './keys.ts';
import { isForOwner, targetAt, type GlambdarTarget } from './routes.ts';

/** What Glambdar's API uses, invocations apart. */
export interface GlambdarParts {
  readonly callers: ApiCallers;
  readonly clock: Clock;
  readonly exists: (functionName: FunctionName) => boolean;
  readonly counts: InvocationCounts;
  readonly audit: Audit;
  /** Whether a connection comes from a program of the daemon's own user, or of root. */
  readonly isOwner: (socket: Socket) => Promise<boolean>;
}

/** Time of a function that was never invoked, as Go writes it. */
const NEVER = '0001-01-01T00:00:00Z';
/** Longest JSON of a request (bytes). */
const JSON_BYTES = 64 * 1024;

/** A request. */
interface Call {
  readonly parts: GlambdarParts & DeployParts & { readonly operations: Operations };
  readonly name: string;
  readonly body: IncomingMessage;
}

interface Sent {
  readonly status: number;
  readonly body: unknown;
}

const ACTIONS: Readonly<Record<GlambdarTarget['action'], (call: Call) => Sent | Promise<Sent>>> = {
  health: () => ok({ status: 'healthy' }),
  async deploy({ parts, body }) {
    return { status: 201, body: { function: await deploy(parts, body), status: 'deployed' } };
  },
  list({ parts }) {
    const functions = parts.operations.functions.list().map(({ name }) => infoOf(parts, name));
    return ok({ count: functions.length, functions });
  },
  info: ({ parts, name }) => ok(infoOf(parts, parts.operations.functions.named(name))),
  // lam's ids have 12 hexadecimal digits, which Glambdar's clients read as a UUID.
  node: ({ parts }) => ok({ nodeId: `00000000-0000-4000-8000-${parts.operations.runtime.status().node}` }),
  async logs({ parts: { operations }, name }) {
    return ok(await invocationLogs(operations.logs, operations.functions.named(name)));
  },
  async delete({ parts: { operations, counts }, name }) {
    const known = operations.functions.named(name);
    await operations.functions.remove(known);
    counts.forget(known);
    return ok({ deleted: name });
  },
  async config({ parts: { operations, clock }, name, body }) {
    const rateLimit = rateLimitIn(jsonOf(await readBody(body, JSON_BYTES, clock)));
    try {
      await operations.config.patch(operations.functions.named(name), { set: rateOf(rateLimit) });
    } catch (thrown) {
      const error = asLamError(thrown);
      if (error.code === 'LAM_REGISTRY_FUNCTION_NOT_FOUND') return { status: 500, body: { error: 'record not found' } };
      throw error;
    }
    return ok({ function: name, rateLimit, status: 'updated' });
  },
  async createKey({ parts: { operations, clock }, body }) {
    const asked = jsonOf(await readBody(body, JSON_BYTES, clock));
    return { status: 201, body: await createKey(operations.apiKeys, asked) };
  },
  listKeys: ({ parts }) => ok(listKeys(parts.operations.apiKeys)),
  async changeKey({ parts: { operations, clock }, name, body }) {
    const asked = jsonOf(await readBody(body, JSON_BYTES, clock));
    return ok(await changeKey(operations.apiKeys, name, asked));
  },
  async revokeKey({ parts, name }) {
    return ok(await revokeKey(parts.operations.apiKeys, name));
  },
  audit: ({ parts }) => ok({ logs: parts.audit.list() }),
};

/**
 * Serves Glambdar's API, `/invoke` apart.
 * @param isAlone whether nothing else answers on the listener, so that it answers requests for unknown paths too
 */
export function glambdarApi(given: GlambdarParts, isAlone = false): StreamedBodyApi<GlambdarTarget> {
  const parts = { ...given, underWay: new Set<FunctionName>() };
  return {
    name: 'glambdar',
    reads: 'stream',
    mostBodyBytes: LIMITS.zipBytes,
    match({ method, path }) {
      const target = targetAt(method, path);
      return target ?? (isAlone ? lamError('LAM_EDGE_NOT_FOUND', { method, path, near: [] }) : undefined);
    },
    authorize: (head, plan) =>
      plan === undefined || plan.action === 'health' ? undefined : accessRefusal(given, head, plan.action),
    asked: ({ action, name }) => ({ operation: action, ...(name === '' ? {} : { function: name }) }),
    serve: (request) => void serve(parts, request),
    fail: sendFailure,
  };
}

async function serve(
  parts: GlambdarParts & Pick<DeployParts, 'underWay'>,
  { head, plan, body, reply: given }: ApiRequest<GlambdarTarget, IncomingMessage>,
): Promise<void> {
  const { action, name } = plan;
  const reply = action === 'health' ? given : parts.audit.noted(given, parts, head, action);
  try {
    const isAllowed = !isForOwner(action) || parts.callers.wantsKeys || (await parts.isOwner(head.socket));
    const caller = action === 'health' ? parts.callers.local(head, 'glambdar') : callerOf(parts, head);
    // The key was revoked since.
    if (isLamError(caller)) throw caller;
    if (!isAllowed) throw parts.callers.foreignRefusal(caller, action);
    const operations = parts.callers.operationsFor(caller);
    const sent = await ACTIONS[action]({ parts: { ...parts, operations }, name, body });
    body.resume();
    sendGlambdar(reply, sent.status, sent.body);
  } catch (thrown) {
    const error = asLamError(thrown);
    if (!isGone(error)) await discardRest(body, parts.clock);
    if (action === 'deploy' && isDeployFault(error)) sendDeployFault(reply, error);
    else sendFailure(reply, error);
  }
}

/** Glambdar answers every fault of a deploy with 400. */
function sendDeployFault(reply: Reply, error: LamError): void {
  const { code, hint, message } = error;
  const own = code === 'LAM_EDGE_FUNCTION_EXISTS' ? {} : { code, hint };
  const what = code === 'LAM_EDGE_BAD_FORM' ? 'missing zip file' : 'failed to deploy function';
  sendGlambdar(reply, 400, { error: `${what}: ${message}`, ...own });
}

function ok(body: unknown): Sent {
  return { status: 200, body };
}

function infoOf({ operations, counts }: Call['parts'], name: FunctionName): object {
  const { createdAt, config } = operations.functions.detail(name);
  const counted = counts.of(name, createdAt);
  return {
    name,
    createdAt: new Date(createdAt).toISOString(),
    lastInvokedAt: counted === undefined ? NEVER : new Date(counted.lastAt).toISOString(),
    invokeCount: counted?.count ?? 0,
    rateLimit: config.rateLimit ?? 0,
    maxConcurrency: config.concurrency,
  };
}

/** The limit in a request for a change of settings; a missing one is 0. Throws `LAM_EDGE_RATE_LIMIT_BODY`. */
function rateLimitIn(value: unknown): number {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const rateLimit: unknown = isObject ? (Reflect.get(value, 'rateLimit') ?? 0) : undefined;
  if (typeof rateLimit !== 'number' || !Number.isSafeInteger(rateLimit)) throw lamError('LAM_EDGE_RATE_LIMIT_BODY', {});
  return rateLimit;
}

/** The value of a JSON text; undefined for any other text. */
function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString()) as unknown;
  } catch {
    return undefined;
  }
}
