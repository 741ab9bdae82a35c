import type { IncomingMessage, ServerResponse } from 'node:http';
import { lamError } from '../../../errors/index.ts';
import type { Operations } from '../../../operations/index.ts';
import { discardRest } from '../../body.ts';
import type { Exchange } from '../../exchange.ts';
import { isGone, sendError, sendJson } from '../../reply.ts';
import { streamLogs } from './logs.ts';
import { aliasOf, artifactBody, gcOf, patchOf, publishOf, readObject, rollbackOf } from './requests.ts';

/** Everything of lam's own on the HTTP side lies under this path. */
export const CONTROL_PREFIX = '/_lam/v1/';

interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly parameters: URLSearchParams;
  /** Decoded parts of the path that stand for `*`. */
  readonly parts: readonly string[];
}

/** Does the work; what it returns is answered as JSON, undefined means it answered itself. */
type Action = (operations: Operations, call: Call) => unknown;

const DONE = {};

function part(call: Call, index: number): string {
  return call.parts[index] ?? '';
}

function versionPart(call: Call): number {
  const version = Number(part(call, 1));
  if (!Number.isInteger(version) || version < 1)
    throw lamError('LAM_EDGE_BAD_REQUEST', { what: `'${part(call, 1)}' is no version` });
  return version;
}

/** `*` stands for one segment. */
const ROUTES: Readonly<Record<string, Action>> = {
  'GET status': (o) => o.runtime.status(),
  'POST stop': (o) => {
    o.runtime.stop();
    return DONE;
  },
  'GET functions': (o) => o.functions.list(),
  'GET functions/*': (o, c) => o.functions.detail(part(c, 0)),
  'DELETE functions/*': async (o, c) => {
    await o.functions.remove(part(c, 0));
    return DONE;
  },
  'POST functions/*/versions': async (o, c) => o.versions.publish(part(c, 0), publishOf(await readObject(c.request))),
  'DELETE functions/*/versions/*': async (o, c) => {
    await o.versions.remove(part(c, 0), versionPart(c));
    return DONE;
  },
  'POST functions/*/rollback': async (o, c) => o.versions.rollback(part(c, 0), rollbackOf(await readObject(c.request))),
  'PATCH functions/*/config': async (o, c) => o.config.patch(part(c, 0), patchOf(await readObject(c.request))),
  'PUT functions/*/aliases/*': async (o, c) => {
    await o.aliases.set(part(c, 0), part(c, 1), aliasOf(await readObject(c.request)));
    return DONE;
  },
  'DELETE functions/*/aliases/*': async (o, c) => {
    await o.aliases.remove(part(c, 0), part(c, 1));
    return DONE;
  },
  'GET functions/*/logs': async (o, c) => {
    await streamLogs(o, part(c, 0), c.parameters, c.response);
    return undefined;
  },
  'POST artifacts/plan': async (o, c) => o.artifacts.plan(await readObject(c.request)),
  'POST artifacts': (o, c) => o.artifacts.receive(artifactBody(c.request)),
  'POST artifacts/zip': (o, c) => o.artifacts.receiveZip(c.request),
  'POST gc': async (o, c) => o.storage.gc(gcOf(await readObject(c.request))),
  'GET df': (o) => o.storage.df(),
};

const COMPILED = Object.entries(ROUTES).map(([key, action]) => {
  const [method = '', pattern = ''] = key.split(' ');
  return { method, pattern: pattern.split('/'), action };
});

/** Serves one control request. Never rejects. */
export async function control(operations: Operations, exchange: Exchange): Promise<void> {
  const { request, response, method, path, query } = exchange;
  try {
    const found = match(method, path.slice(CONTROL_PREFIX.length));
    if (found === undefined) throw lamError('LAM_EDGE_NOT_FOUND', { method, path, near: [] });
    const call: Call = { request, response, parameters: new URLSearchParams(query), parts: found.parts };
    const answer = await found.action(operations, call);
    if (answer !== undefined) sendJson(response, 200, answer);
  } catch (thrown) {
    if (isGone(thrown)) {
      response.destroy();
      return;
    }
    await discardRest(request);
    sendError(response, thrown);
  }
}

function match(method: string, path: string): { action: Action; parts: string[] } | undefined {
  const given = path.split('/');
  for (const { method: m, pattern, action } of COMPILED) {
    if (m !== method || pattern.length !== given.length) continue;
    if (!pattern.every((p, i) => p === '*' || p === given[i])) continue;
    try {
      return { action, parts: given.filter((_, i) => pattern[i] === '*').map(decodeURIComponent) };
    } catch {
      // Malformed percent-encoding names nothing.
      return undefined;
    }
  }
  return undefined;
}
