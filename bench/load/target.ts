import type { Peer } from '../options.ts';

/** Target and body of a request. Always a POST of JSON. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly body: string;
}

/** The event every function of the warm rows gets. */
export const BODY = '{"name":"you"}';

export function peerTarget({ url }: Peer): Target {
  return { host: url.hostname, port: Number(url.port || '80'), path: `${url.pathname}${url.search}`, body: BODY };
}

/** A whole HTTP/1.1 request. Pure. */
export function requestBytes(
  method: string,
  path: string,
  body: string | Uint8Array,
  type = 'application/json',
): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const head = `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nContent-Length: ${bytes.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), bytes]);
}
