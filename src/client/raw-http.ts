import { connect, type Socket } from 'node:net';

/** One request over the daemon's socket. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Its answer; header names in lower case. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Why there is no answer: `unreachable` before anything was sent, `lost` after. */
export interface RawFailure {
  readonly failure: 'unreachable' | 'lost';
  readonly what: string;
}

const EMPTY = Buffer.alloc(0);
const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * One HTTP/1.1 exchange over a Unix socket with nothing loaded but `node:net`: what keeps `lam invoke` near the cost
 * of starting Node. `request` is only asked for once the connection stands, so that an unreachable daemon leaves
 * standard input unread; when it gives undefined nothing is sent and the answer is `lost`. Never rejects for the network.
 */
export function exchange(socketPath: string, request: () => RawRequest | undefined): Promise<RawAnswer | RawFailure> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const chunks: Buffer[] = [];
    let sent = false;
    socket.on('connect', () => {
      const asked = request();
      sent = true;
      if (asked === undefined) socket.destroy();
      else send(socket, asked);
    });
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', (error) => resolve({ failure: sent ? 'lost' : 'unreachable', what: error.message }));
    socket.on('close', () => resolve(parseAnswer(chunks.length === 1 ? (chunks[0] ?? EMPTY) : Buffer.concat(chunks))));
  });
}

function send(socket: Socket, request: RawRequest): void {
  let head = `${request.method} ${request.path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${request.body.length}\r\n`;
  for (const name in request.headers) head += `${name}: ${request.headers[name] ?? ''}\r\n`;
  socket.cork();
  socket.write(`${head}\r\n`);
  if (request.body.length > 0) socket.write(request.body);
  socket.uncork();
}

/** Reads a whole HTTP/1.1 answer; one that was cut off is `lost`. */
export function parseAnswer(bytes: Buffer): RawAnswer | RawFailure {
  const end = bytes.indexOf(HEAD_END);
  if (end < 0) return { failure: 'lost', what: 'the connection closed before an answer came' };
  const lines = bytes.toString('latin1', 0, end).split('\r\n');
  const status = Number(/^HTTP\/1\.[01] ([0-9]{3})/.exec(lines[0] ?? '')?.[1] ?? 0);
  if (status === 0) return { failure: 'lost', what: 'the answer was not HTTP' };
  const rest = bytes.subarray(end + HEAD_END.length);
  // A "100 Continue" comes before the real answer.
  if (status < 200) return parseAnswer(rest);
  const headers: Record<string, string> = {};
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const body = bodyOf(headers, rest);
  return body === undefined ? { failure: 'lost', what: 'the answer was cut off' } : { status, headers, body };
}

function bodyOf(headers: Readonly<Record<string, string>>, rest: Buffer): Buffer | undefined {
  if (headers['transfer-encoding']?.toLowerCase() === 'chunked') return dechunk(rest);
  const length = headers['content-length'];
  if (length === undefined) return rest;
  return rest.length < Number(length) ? undefined : rest.subarray(0, Number(length));
}

function dechunk(bytes: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (Number.isNaN(size)) return undefined;
    if (size === 0) return Buffer.concat(parts);
    const start = lineEnd + 2;
    if (start + size > bytes.length) return undefined;
    parts.push(bytes.subarray(start, start + size));
    at = start + size + 2;
  }
}
