import type { IncomingMessage, ServerResponse } from 'node:http';
import { lamError } from '../../../errors/index.ts';
import { discardRest } from '../../body.ts';
import type { Exchange } from '../../exchange.ts';
import { isGone, sendError, sendJson } from '../../reply.ts';
import { streamLogs } from './logs.ts';
import { aliasOf, artifactBody, gcOf, patchOf, publishOf, readObject, rollbackOf } from './requests.ts';
import type { ControlServices } from './services.ts';

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
type Action = (services: ControlServices, call: Call) => unknown;

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
  'GET status': (s) => s.status(),
  'POST stop': (s) => {
    s.stop();
    return DONE;
  },
  'GET functions': (s) => s.list(),
  'GET functions/*': (s, c) => s.detail(part(c, 0)),
  'DELETE functions/*': async (s, c) => {
    await s.remove(part(c, 0));
    return DONE;
  },
  'POST functions/*/versions': async (s, c) => s.publish(part(c, 0), publishOf(await readObject(c.request))),
  'DELETE functions/*/versions/*': async (s, c) => {
    await s.removeVersion(part(c, 0), versionPart(c));
    return DONE;
  },
  'POST functions/*/rollback': async (s, c) => s.rollback(part(c, 0), rollbackOf(await readObject(c.request))),
  'PATCH functions/*/config': async (s, c) => s.patchConfig(part(c, 0), patchOf(await readObject(c.request))),
  'PUT functions/*/aliases/*': async (s, c) => {
    await s.setAlias(part(c, 0), part(c, 1), aliasOf(await readObject(c.request)));
    return DONE;
  },
  'DELETE functions/*/aliases/*': async (s, c) => {
    await s.deleteAlias(part(c, 0), part(c, 1));
    return DONE;
  },
  'GET functions/*/logs': async (s, c) => {
    await streamLogs(s, part(c, 0), c.parameters, c.response);
    return undefined;
  },
  'POST artifacts/plan': async (s, c) => s.plan(await readObject(c.request)),
  'POST artifacts': (s, c) => s.upload(artifactBody(c.request)),
  'POST artifacts/zip': (s, c) => s.uploadZip(c.request),
  'POST gc': async (s, c) => s.gc(gcOf(await readObject(c.request))),
  'GET df': (s) => s.df(),
};

const COMPILED = Object.entries(ROUTES).map(([key, action]) => {
  const [method = '', pattern = ''] = key.split(' ');
  return { method, pattern: pattern.split('/'), action };
});

/** Serves one control request. Never rejects. */
export async function control(services: ControlServices, exchange: Exchange): Promise<void> {
  const { request, response, method, path, query } = exchange;
  try {
    const found = match(method, path.slice(CONTROL_PREFIX.length));
    if (found === undefined) throw lamError('LAM_EDGE_NOT_FOUND', { method, path, near: [] });
    const call: Call = { request, response, parameters: new URLSearchParams(query), parts: found.parts };
    const answer = await found.action(services, call);
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
