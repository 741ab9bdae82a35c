import type { IncomingMessage } from 'node:http';
import { LIMITS } from '../../../contract/index.ts';
import { lamError } from '../../../errors/index.ts';
import type { Clock } from '../../../kit/index.ts';
import { readBody } from '../../body.ts';
import { conform, type BodySchemas } from './conform.ts';
import type { ControlRoute } from './route.ts';
import SCHEMAS from './schemas.json' with { type: 'json' };

/** Longest JSON control request (bytes): a manifest of 100,000 files fits. */
const JSON_BYTES = 64 * 1024 * 1024;

const BODY_SCHEMAS = SCHEMAS as BodySchemas;

function bad(what: string): never {
  throw lamError('LAM_EDGE_BAD_REQUEST', { what });
}

const NOTHING: Uint8Array = Buffer.alloc(0);

/** Whether a route reads its body as it arrives, so that it is not known before. */
export function isUpload({ takes }: Pick<ControlRoute, 'takes'>): boolean {
  return takes !== undefined && takes[0] !== 'application/json';
}

/** Reads the body of a request; of an upload nothing. Rejects with `LAM_EDGE_PAYLOAD_TOO_LARGE`. */
export async function bytesOf(request: IncomingMessage, route: ControlRoute, clock: Clock): Promise<Uint8Array> {
  if (isUpload(route)) return NOTHING;
  return readBody(request, route.takes === undefined ? JSON_BYTES : LIMITS.payloadBytes, clock);
}

/** The JSON body of a route that has one, checked; an empty body is `{}`. Throws `LAM_EDGE_BAD_REQUEST`. */
export function bodyOf(bytes: Uint8Array, { body, takes }: ControlRoute): object {
  if (takes !== undefined) return {};
  if (body === undefined) return {};
  const value = bytes.byteLength === 0 ? {} : parsed(bytes);
  conform(value, BODY_SCHEMAS[body] ?? {}, BODY_SCHEMAS);
  return value as object;
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
  } catch (error) {
    return bad(error instanceof Error ? error.message : 'not JSON');
  }
}

/** Checks the content type of bytes. One that is missing stands for any bytes. Throws `LAM_EDGE_BAD_REQUEST`. */
export function checkType({ headers }: IncomingMessage, { takes }: Pick<ControlRoute, 'takes'>): void {
  if (takes === undefined) return;
  const given = (headers['content-type'] ?? 'application/octet-stream').split(';', 1).join('').trim().toLowerCase();
  if (!takes.includes(given)) bad(`content-type is not ${takes.join(' or ')}`);
}
