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
  readonly ifMatch?: string | undefined;
  readonly idempotencyKey?: string | undefined;
}

/** How a request is sent. */
export interface CallOptions {
  /** Gives it up. */
  readonly signal?: AbortSignal;
  /** Makes a change only if what it is about still has this ETag, else it rejects with `LAM_REGISTRY_STALE`. */
  readonly ifMatch?: string | undefined;
  /** Makes the same change once, however often it is sent with this key. */
  readonly idempotencyKey?: string | undefined;
}

/** Where a daemon listens: on the socket of a home, or at a URL. */
export type ApiAddress =
  | { readonly socketPath: string; readonly home: string }
  | { readonly url: URL; readonly token: string | undefined };

/** Sends a request. Rejects with the error of `node:http` when the daemon is unreachable. */
export function open(address: ApiAddress, ask: Ask): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const length =
      ask.body === undefined
        ? 0
        : ask.body.content instanceof Uint8Array
          ? ask.body.content.byteLength
          : ask.body.length;
    const { send, ...to } = targetOf(address, ask.path);
    const outgoing = send({
      ...to,
      method: ask.method,
      agent: false,
      headers: {
        ...to.headers,
        // Without keep-alive the daemon closes after its answer; if this side still sends, the answer is lost.
        connection: 'keep-alive',
        ...(ask.body === undefined ? {} : { 'content-type': ask.body.type }),
        ...(length === undefined ? {} : { 'content-length': length }),
        ...(ask.ifMatch === undefined ? {} : { 'if-match': ask.ifMatch }),
        ...(ask.idempotencyKey === undefined ? {} : { 'idempotency-key': ask.idempotencyKey }),
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

interface RequestTarget {
  readonly send: typeof request;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What the options of a request have of a daemon's address. */
function targetOf(
  address: ApiAddress,
  path: string,
): RequestTarget & Readonly<Partial<Record<'socketPath' | 'host' | 'port', string>>> {
  if ('socketPath' in address)
    return { send: request, socketPath: address.socketPath, path, headers: { host: 'localhost' } };
  const { hostname, port, host, pathname, protocol: scheme } = address.url;
  const authorization = address.token === undefined ? {} : { authorization: `Bearer ${address.token}` };
  return {
    // Loaded here because the command never needs it.
    send: scheme === 'https:' ? process.getBuiltinModule('node:https').request : request,
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    ...(port === '' ? {} : { port }),
    path: `${pathname.replace(/\/+$/, '')}${path}`,
    headers: { host, ...authorization },
  };
}

/** Returns the JSON and the ETag of an answer. Rejects with the daemon's own error for an error status. */
export async function answered(
  incoming: IncomingMessage,
): Promise<{ readonly value: unknown; readonly tag: string | undefined }> {
  const text = await textOf(incoming);
  if ((incoming.statusCode ?? 500) >= 400) throw refusal(incoming.statusCode ?? 500, text);
  const { etag: tag } = incoming.headers;
  return { value: text === '' ? undefined : parse(incoming.statusCode ?? 0, text), tag };
}

/** Returns an answer that is not JSON. Rejects with the daemon's own error for an error status. */
export async function content(incoming: IncomingMessage): Promise<IncomingMessage> {
  if ((incoming.statusCode ?? 500) >= 400) throw refusal(incoming.statusCode ?? 500, await textOf(incoming));
  return incoming;
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
