import { request, type IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ProblemDetails } from '../contract/index.ts';
import { fromWire, lamError, type LamError, type WireError } from '../errors/index.ts';

/** One request to the control API. */
export interface Ask {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: { readonly type: string; readonly content: Uint8Array | Readable; readonly length?: number };
  readonly signal?: AbortSignal;
}

/** Sends a request over the socket. Rejects with the error of `node:http` when the daemon is unreachable. */
export function open(socketPath: string, ask: Ask): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const length =
      ask.body === undefined
        ? 0
        : ask.body.content instanceof Uint8Array
          ? ask.body.content.byteLength
          : ask.body.length;
    const outgoing = request({
      socketPath,
      method: ask.method,
      path: ask.path,
      agent: false,
      headers: {
        host: 'localhost',
        // Without keep-alive the daemon closes after its answer; if this side still sends, the answer is lost.
        connection: 'keep-alive',
        ...(ask.body === undefined ? {} : { 'content-type': ask.body.type }),
        ...(length === undefined ? {} : { 'content-length': length }),
      },
      ...(ask.signal === undefined ? {} : { signal: ask.signal }),
    });
    let answered = false;
    outgoing.on('response', (incoming) => {
      answered = true;
      incoming.on('close', () => outgoing.destroy());
      resolve(incoming);
    });
    outgoing.on('error', (error) => {
      if (!answered) reject(error);
    });
    const content = ask.body?.content;
    if (content === undefined || content instanceof Uint8Array) outgoing.end(content);
    // A daemon that refuses an upload answers before it has read all of it.
    else pipeline(content, outgoing).catch((error: unknown) => (answered ? undefined : reject(error as Error)));
  });
}

/** Returns the JSON of an answer. Rejects with the daemon's own error for an error status. */
export async function json<T>(incoming: IncomingMessage): Promise<T> {
  const text = await textOf(incoming);
  if ((incoming.statusCode ?? 500) >= 400) throw refusal(incoming.statusCode ?? 500, text);
  if (text === '') return undefined as T;
  return parse(incoming.statusCode ?? 0, text) as T;
}

/** Yields the parsed lines of an NDJSON answer. Ends without an error when the reader stops or the signal aborts. */
export async function* ndjson<T>(incoming: IncomingMessage): AsyncGenerator<T, void, void> {
  if ((incoming.statusCode ?? 500) >= 400) throw refusal(incoming.statusCode ?? 500, await textOf(incoming));
  let rest = '';
  incoming.setEncoding('utf8');
  for await (const chunk of incoming as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield parse(incoming.statusCode ?? 0, line) as T;
  }
  if (rest !== '') yield parse(incoming.statusCode ?? 0, rest) as T;
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  } catch (error) {
    throw lamError('LAM_CLIENT_CONNECTION_LOST', { what: (error as Error).message }, error);
  }
  return Buffer.concat(chunks).toString();
}

function parse(status: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw lamError('LAM_CLIENT_BAD_ANSWER', { status, what: text.slice(0, 80) }, error);
  }
}

/** The error in an answer of lam's own API: {@link ProblemDetails}, or `{"error": WireError}` of daemons before those. */
function refusal(status: number, text: string): LamError {
  const body = parse(status, text);
  const members = typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>) : {};
  const { code, detail: message, error } = members;
  if (typeof code === 'string' && typeof message === 'string')
    return fromWire({ ...(members as unknown as ProblemDetails), message });
  if (typeof error === 'object' && error !== null && 'code' in error && 'message' in error)
    return fromWire(error as WireError);
  return lamError('LAM_CLIENT_BAD_ANSWER', { status, what: text.slice(0, 80) });
}
