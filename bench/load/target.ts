import type { Peer } from '../options.ts';

/** Target and body of a request. Always a POST of JSON. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly body: string;
  /** Headers beside those of every request. */
  readonly headers?: Readonly<Record<string, string>>;
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
  return withHead(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}`, bytes);
}

/** The whole request to a target. Pure. */
export function targetBytes({ path, body, headers = {} }: Target): Buffer {
  const lines = [
    `POST ${path} HTTP/1.1`,
    'Host: localhost',
    'Content-Type: application/json',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return withHead(lines.join('\r\n'), Buffer.from(body));
}

function withHead(head: string, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${head}\r\nContent-Length: ${body.length}\r\n\r\n`), body]);
}
