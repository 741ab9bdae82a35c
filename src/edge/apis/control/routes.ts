import type { IncomingMessage } from 'node:http';
import { lamError } from '../../../errors/index.ts';
import type { Reply } from '../../../http/index.ts';
import type { Operations } from '../../../operations/index.ts';
import { asyncQueryOf, asyncResultOf, deadLettersOf, retryOf, waitOf } from './async-requests.ts';
import { streamAudit } from './audit.ts';
import { streamLogs } from './logs.ts';
import {
  aliasOf,
  apiKeyChangeOf,
  apiKeyOf,
  artifactBody,
  artifactsOf,
  gcOf,
  layerOf,
  noteOf,
  patchOf,
  publishOf,
  rollbackOf,
  type readObject,
} from './requests.ts';
import {
  isFunctionName,
  type FunctionName,
  isAliasName,
  type AliasName,
  isLayerName,
  type LayerName,
  type LayerReference,
  knownRequestId,
  type RequestId,
  knownVersion,
  type VersionNumber,
} from '../../../contract/index.ts';

/** A control request, as passed to its action. */
export interface ControlCall {
  readonly request: IncomingMessage;
  /** Reads the body as a JSON object. */
  readonly object: () => ReturnType<typeof readObject>;
  readonly reply: Reply;
  /** Aborts when the client disconnects before it has its answer. */
  readonly signal: () => AbortSignal;
  readonly parameters: URLSearchParams;
  /** Decoded parts of the path that stand for `*`. */
  readonly parts: readonly string[];
}

/** Performs the request. Its result is sent as JSON; undefined if it has sent the answer itself. */
export type Action = (operations: Operations, call: ControlCall) => unknown;

const DONE = {};

function part(call: ControlCall, index: number): string {
  return call.parts[index] ?? '';
}

/** The function that a path names. Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND` for what no function can be called. */
function functionPart(operations: Operations, call: ControlCall): FunctionName {
  return operations.functions.named(part(call, 0));
}

/** The function that a path publishes, which need not exist. Throws `LAM_REGISTRY_INVALID_NAME`. */
function newFunctionPart(call: ControlCall): FunctionName {
  const name = part(call, 0);
  if (!isFunctionName(name)) throw lamError('LAM_REGISTRY_INVALID_NAME', { name });
  return name;
}

/** The trigger that a path names. Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND` for what no function can be called. */
function triggerPart(operations: Operations, call: ControlCall): Parameters<Operations['triggers']['run']>[0] {
  return { functionName: functionPart(operations, call), type: part(call, 1), name: part(call, 2) };
}

/** The alias that a path names. Throws `LAM_REGISTRY_ALIAS_NOT_FOUND` for what no alias can be called. */
function aliasPart(call: ControlCall): AliasName {
  const alias = part(call, 1);
  if (!isAliasName(alias)) throw lamError('LAM_REGISTRY_ALIAS_NOT_FOUND', { name: part(call, 0), alias });
  return alias;
}

/** The alias that a path sets, which need not exist. Throws `LAM_REGISTRY_INVALID_ALIAS`. */
function newAliasPart(call: ControlCall): AliasName {
  const alias = part(call, 1);
  if (!isAliasName(alias)) throw lamError('LAM_REGISTRY_INVALID_ALIAS', { alias });
  return alias;
}

/** The version that a path names. A number that is larger than any version's is answered as one that does not exist. */
function versionPart(call: ControlCall): VersionNumber {
  const version = Number(part(call, 1));
  if (!Number.isInteger(version) || version < 1)
    throw lamError('LAM_EDGE_BAD_REQUEST', { what: `'${part(call, 1)}' is not a version number` });
  return knownVersion(version);
}

/** Throws `LAM_OPERATIONS_INVALID_LAYER_NAME`. */
function layerName(text: string): LayerName {
  if (!isLayerName(text)) throw lamError('LAM_OPERATIONS_INVALID_LAYER_NAME', { name: text });
  return text;
}

function layerPart(call: ControlCall): LayerReference {
  return { name: layerName(part(call, 0)), version: versionPart(call) };
}

/** The asynchronous invocation that a path names, which need not exist. */
function invocationPart(call: ControlCall): RequestId {
  return knownRequestId(part(call, 0));
}

/** `*` stands for one segment. */
const ROUTES: Readonly<Record<string, Action>> = {
  'GET status': (o) => o.runtime.status(),
  'POST stop': (o) => {
    o.runtime.stop();
    return DONE;
  },
  'GET functions': (o) => o.functions.list(),
  'GET functions/*': (o, c) => o.functions.detail(functionPart(o, c)),
  'DELETE functions/*': async (o, c) => {
    await o.functions.remove(functionPart(o, c));
    return DONE;
  },
  'POST functions/*/versions': async (o, c) =>
    o.versions.publish(newFunctionPart(c), publishOf(await c.object()), c.signal()),
  'GET functions/*/versions/*': (o, c) => o.versions.detail(functionPart(o, c), versionPart(c)),
  'GET functions/*/versions/*/file': (o, c) =>
    o.versions.file(functionPart(o, c), versionPart(c), c.parameters.get('path') ?? ''),
  'DELETE functions/*/versions/*': async (o, c) => {
    await o.versions.remove(functionPart(o, c), versionPart(c));
    return DONE;
  },
  'POST functions/*/rollback': async (o, c) =>
    o.versions.rollback(functionPart(o, c), rollbackOf(await c.object()), c.signal()),
  'PATCH functions/*/config': async (o, c) => o.config.patch(functionPart(o, c), patchOf(await c.object()), c.signal()),
  'PUT functions/*/aliases/*': async (o, c) =>
    o.aliases.set(functionPart(o, c), newAliasPart(c), aliasOf(await c.object()), c.signal()),
  'DELETE functions/*/aliases/*': async (o, c) => {
    await o.aliases.remove(functionPart(o, c), aliasPart(c), noteOf(await c.object()));
    return DONE;
  },
  'GET functions/*/logs': async (o, c) => {
    await streamLogs(o, functionPart(o, c), c.parameters, c.reply);
    return undefined;
  },
  'GET triggers': (o, c) => o.triggers.list(c.parameters.get('type') ?? undefined),
  'POST functions/*/triggers/*/*/pause': async (o, c) => {
    await o.triggers.setPaused(triggerPart(o, c), true);
    return DONE;
  },
  'POST functions/*/triggers/*/*/resume': async (o, c) => {
    await o.triggers.setPaused(triggerPart(o, c), false);
    return DONE;
  },
  'POST functions/*/triggers/*/*/test': async (o, c) => o.triggers.test(triggerPart(o, c), (await c.object())['event']),
  'POST functions/*/triggers/*/*/run': (o, c) => o.triggers.run(triggerPart(o, c)),
  'POST artifacts/plan': async (o, c) => o.artifacts.plan(await c.object()),
  'POST artifacts': (o, c) => o.artifacts.receive(artifactBody(c.request)),
  'POST artifacts/merge': async (o, c) => o.artifacts.merge(artifactsOf(await c.object())),
  'POST artifacts/zip': (o, c) => o.artifacts.receiveZip(c.request),
  'GET layers': (o, c) => {
    const name = c.parameters.get('name');
    return o.layers.list(name === null ? undefined : layerName(name));
  },
  'POST layers/*': async (o, c) => o.layers.publish(layerName(part(c, 0)), layerOf(await c.object())),
  'GET layers/*/*': (o, c) => o.layers.detail(layerPart(c)),
  'DELETE layers/*/*': async (o, c) => {
    await o.layers.remove(layerPart(c));
    return DONE;
  },
  'GET audit': async (o, c) => {
    await streamAudit(o, c.parameters, c.reply);
    return undefined;
  },
  'GET keys': (o) => o.apiKeys.list(),
  'POST keys': async (o, c) => o.apiKeys.create(apiKeyOf(await c.object())),
  'PATCH keys/*': async (o, c) => o.apiKeys.update(part(c, 0), apiKeyChangeOf(await c.object())),
  'DELETE keys/*': (o, c) => o.apiKeys.revoke(part(c, 0)),
  'GET invocations': (o, c) => o.async.list(asyncQueryOf(c.parameters)),
  'GET invocations/*': async (o, c) => asyncResultOf(await o.async.get(invocationPart(c), waitOf(c.parameters))),
  'GET invocations/*/event': async (o, c) => ({
    event: Buffer.from(await o.async.eventOf(invocationPart(c))).toString(),
  }),
  'POST invocations/*/cancel': (o, c) => o.async.cancel(invocationPart(c)),
  'POST invocations/*/retry': async (o, c) => ({
    id: await o.async.retry(invocationPart(c), retryOf(await c.object())),
  }),
  'POST dead-letters/redrive': async (o, c) => ({ count: await o.async.redrive(deadLettersOf(await c.object())) }),
  'GET events': (o) => o.async.counts(),
  'POST dead-letters/count': async (o, c) => ({ count: await o.async.countDead(deadLettersOf(await c.object())) }),
  'POST dead-letters/purge': async (o, c) => ({ count: await o.async.purge(deadLettersOf(await c.object())) }),
  'POST gc': async (o, c) => o.storage.gc(gcOf(await c.object())),
  'GET df': (o) => o.storage.df(),
};

const COMPILED = Object.entries(ROUTES).map(([key, action]) => {
  const [method = '', pattern = ''] = key.split(' ');
  return { method, pattern: pattern.split('/'), action };
});

/** The action at a path below the API's prefix, with its decoded parts, or undefined. Pure. */
export function routeOf(method: string, path: string): { action: Action; parts: string[] } | undefined {
  const given = path.split('/');
  for (const { method: m, pattern, action } of COMPILED) {
    if (m !== method || pattern.length !== given.length) continue;
    if (!pattern.every((p, i) => p === '*' || p === given[i])) continue;
    try {
      return { action, parts: given.filter((_, i) => pattern[i] === '*').map(decodeURIComponent) };
    } catch {
      // Malformed percent-encoding matches nothing.
      return undefined;
    }
  }
  return undefined;
}
