import type { IncomingMessage } from 'node:http';
import { lamError } from '../../../errors/index.ts';
import type { Operations } from '../../../operations/index.ts';
import type { Reply } from '../../reply.ts';
import { streamLogs } from './logs.ts';
import { aliasOf, artifactBody, gcOf, patchOf, publishOf, rollbackOf, type readObject } from './requests.ts';
import {
  isFunctionName,
  type FunctionName,
  isAliasName,
  type AliasName,
  knownVersion,
  type VersionNumber,
} from '../../../contract/index.ts';

/** A control request, as passed to its action. */
export interface ControlCall {
  readonly request: IncomingMessage;
  /** Reads the body as a JSON object. */
  readonly object: () => ReturnType<typeof readObject>;
  readonly reply: Reply;
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
  'POST functions/*/versions': async (o, c) => o.versions.publish(newFunctionPart(c), publishOf(await c.object())),
  'DELETE functions/*/versions/*': async (o, c) => {
    await o.versions.remove(functionPart(o, c), versionPart(c));
    return DONE;
  },
  'POST functions/*/rollback': async (o, c) => o.versions.rollback(functionPart(o, c), rollbackOf(await c.object())),
  'PATCH functions/*/config': async (o, c) => o.config.patch(functionPart(o, c), patchOf(await c.object())),
  'PUT functions/*/aliases/*': async (o, c) =>
    o.aliases.set(functionPart(o, c), newAliasPart(c), aliasOf(await c.object())),
  'DELETE functions/*/aliases/*': async (o, c) => {
    await o.aliases.remove(functionPart(o, c), aliasPart(c));
    return DONE;
  },
  'GET functions/*/logs': async (o, c) => {
    await streamLogs(o, functionPart(o, c), c.parameters, c.reply);
    return undefined;
  },
  'POST artifacts/plan': async (o, c) => o.artifacts.plan(await c.object()),
  'POST artifacts': (o, c) => o.artifacts.receive(artifactBody(c.request)),
  'POST artifacts/zip': (o, c) => o.artifacts.receiveZip(c.request),
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
