import { Agent, request as requestPlain, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as SecureAgent, request as requestSecure } from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { lamError } from '../errors/index.ts';

/** One HTTP request. */
export interface HttpAsk {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: Uint8Array | Readable;
}

/** Time in which a connection must be made, and without a byte in either direction after which it is given up (ms). */
const SILENT_MS = 60_000;

/**
 * Makes HTTP requests over connections that are kept for the next one; {@link HttpCaller.close} ends them. Proxies of
 * the environment (`HTTPS_PROXY`, `NO_PROXY`) are used as Node.js does.
 */
export class HttpCaller {
  readonly #plain: Agent;
  readonly #secure: SecureAgent;

  constructor(env: Readonly<Record<string, string | undefined>>) {
    const options = { keepAlive: true, proxyEnv: env } as object;
    this.#plain = new Agent(options);
    this.#secure = new SecureAgent(options);
  }

  /** Resolves with the head of the answer, whatever its status. Rejects with the system's error. */
  ask({ method, url, headers = {}, body }: HttpAsk): Promise<IncomingMessage> {
    const isSecure = isHttps(url);
    const length = body === undefined ? 0 : body instanceof Uint8Array ? body.byteLength : undefined;
    const options: RequestOptions = {
      method,
      agent: isSecure ? this.#secure : this.#plain,
      headers: {
        'user-agent': 'lam',
        ...(length === undefined || method === 'GET' || method === 'HEAD' ? {} : { 'content-length': length }),
        ...headers,
      },
    };
    return new Promise((resolve, reject) => {
      const outgoing = isSecure ? requestSecure(url, options) : requestPlain(url, options);
      let answered: IncomingMessage | undefined;
      outgoing.setTimeout(SILENT_MS, () => {
        const silent = Object.assign(new Error(`no byte came for ${SILENT_MS / 1000} s`), { code: 'ETIMEDOUT' });
        (answered ?? outgoing).destroy(silent);
      });
      outgoing.on('response', (incoming) => {
        answered = incoming;
        resolve(incoming);
      });
      outgoing.on('error', reject);
      if (body === undefined || body instanceof Uint8Array) outgoing.end(body);
      // A registry that refuses an upload may answer before it has read all of it.
      else
        pipeline(body, outgoing).catch((error: unknown) =>
          answered === undefined ? reject(error as Error) : undefined,
        );
    });
  }

  /** Ends the connections. */
  close(): void {
    this.#plain.destroy();
    this.#secure.destroy();
  }
}

/** Whether a URL is one of HTTPS. */
export function isHttps({ href }: URL): boolean {
  return href.startsWith('https:');
}

/** Whether a request may go on from one URL to another: never to a worse connection, and never away from HTTP. */
export function mayLeadTo(from: URL, to: URL): boolean {
  return isHttps(to) || (!isHttps(from) && to.href.startsWith('http:'));
}

/** Reads a whole answer of at most `most` bytes. Rejects with `LAM_OCI_TOO_LARGE` or the system's error. */
export async function bodyOf(incoming: IncomingMessage, most: number, what: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of incoming as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > most) throw lamError('LAM_OCI_TOO_LARGE', { what, limit: most });
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
