import type { Socket } from 'node:net';
import type { CallerIdentity } from '../../../access/index.ts';
import type { RequestId, TraceId } from '../../../contract/index.ts';

const TEXT_TYPE = /^(?:text\/|application\/(?:json|javascript|xml|[a-z0-9.+-]+\+(?:json|xml)|graphql)\b)/i;

/** Whether events carry a body of this type as text; all others are base64 (AWS's rule for function URLs). Pure. */
export function isTextType(contentType: string | undefined): boolean {
  return contentType === undefined ? false : TEXT_TYPE.test(contentType);
}

/** The parts of an event that differ between requests with the same head. */
export interface EventParts {
  readonly requestId: RequestId;
  readonly traceId: TraceId;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly body: Uint8Array;
  /** JSON of `requestContext.authorizer`; undefined where the route has none. */
  readonly authorizer?: string | undefined;
  /** Who signed it, for `requestContext.identity` of format 1.0. */
  readonly identity?: CallerIdentity | undefined;
}

/** Makes the events of requests with the same head. */
export interface EventTemplate {
  /** The event of one request, as JSON bytes. */
  event(parts: EventParts): Uint8Array;
}

/** Longer bodies are joined with the rest of their event as bytes. */
const LARGE_BYTES = 16 * 1024;

/** An event as JSON bytes: its text up to the members of the body, which is not empty, and these. */
export function eventWithBody(before: string, body: Uint8Array, isText: boolean): Uint8Array {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const json = isText ? JSON.stringify(bytes.toString()) : `"${bytes.toString('base64')}"`;
  const start = `${before}"body":`;
  const end = `,"isBase64Encoded":${String(!isText)}}`;
  if (bytes.length < LARGE_BYTES) return Buffer.from(`${start}${json}${end}`);
  // As texts V8 would join them in memory of their own, and take longer to encode what is ASCII only.
  const startBytes = Buffer.byteLength(start);
  const jsonBytes = Buffer.byteLength(json);
  const event = Buffer.allocUnsafeSlow(startBytes + jsonBytes + end.length);
  event.write(start, 0);
  event.write(json, startBytes, jsonBytes === json.length ? 'latin1' : 'utf8');
  event.write(end, startBytes + jsonBytes, 'latin1');
  return event;
}

/** The client's address; an IPv4 address without its IPv6 prefix. */
export function sourceIpOf(socket: Socket): string {
  return socket.remoteAddress?.replace(/^::ffff:/, '') ?? '127.0.0.1';
}

/** JSON text of an object without its closing brace. */
export function openEnded(json: string): string {
  return json.slice(0, -1);
}

/** A record without prototype, so that `constructor` and `__proto__` are ordinary keys. */
export function bareRecord<T = string>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}
