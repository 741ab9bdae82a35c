import type { Socket } from 'node:net';
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
}

/** Makes the events of requests with the same head. */
export interface EventTemplate {
  /** The event of one request, as JSON bytes. */
  event(parts: EventParts): Uint8Array;
}

/** The JSON members that carry a body that is not empty. */
export function bodyMembers(body: Uint8Array, isText: boolean): string {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return isText
    ? `"body":${JSON.stringify(bytes.toString())},"isBase64Encoded":false`
    : `"body":"${bytes.toString('base64')}","isBase64Encoded":true`;
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
