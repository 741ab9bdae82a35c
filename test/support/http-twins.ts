import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PlainServer } from '../../src/http/plain-server.ts';
import { systemClock } from '../../src/kit/index.ts';

/** A request, as parsed by a server. */
export interface Understood {
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly body: string;
  readonly trailers: Readonly<Record<string, string | undefined>>;
}

/** Outcome of one connection. */
export interface Outcome {
  /** Requests with complete bodies, in order. */
  readonly requests: readonly Understood[];
  /** Statuses of all answers, in order. */
  readonly statuses: readonly number[];
}

/** Two servers with the same settings and answers: plain `node:http`, and lam's. */
export interface HttpTwins extends AsyncDisposable {
  /** Sends the pieces to both, each in a separate turn of the event loop, and then ends the connection. */
  both(pieces: readonly Buffer[]): Promise<{ readonly node: Outcome; readonly plain: Outcome }>;
  /** Number of requests served without `node:http` so far. */
  served(): number;
}

const SETTINGS = { maxHeaderSize: 64 * 1024, keepAliveTimeout: 60_000, requestTimeout: 0, noDelay: true };
const MOST_BODY_BYTES = 1024 * 1024;
const MOST_CHUNKED_BYTES = 64 * 1024;
/** Time after which a connection counts as hanging (ms). */
const HANG_MS = 5000;

class Twin {
  readonly server: Server;
  readonly path: string;
  #requests: Understood[] = [];
  #socket: Socket | undefined;

  constructor(path: string, make: (twin: Twin) => Server) {
    this.path = path;
    this.server = make(this);
    this.server.on('connection', (socket: Socket) => {
      this.#socket = socket;
    });
  }

  note(request: Understood): void {
    this.#requests.push(request);
  }

  readonly byNode = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => undefined);
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('latin1');
      const { method = '', url: target = '', rawHeaders, trailers } = request;
      this.note({ method, target, rawHeaders, body, trailers: { ...trailers } });
      response.writeHead(200, { 'content-length': 0 }).end();
    });
  };

  async send(pieces: readonly Buffer[]): Promise<Outcome> {
    this.#requests = [];
    this.#socket = undefined;
    const client = connect(this.path);
    const hang = setTimeout(() => client.destroy(new Error('the server neither answers nor hangs up')), HANG_MS);
    let answers = '';
    let failure: Error | undefined;
    client.on('data', (chunk: Buffer) => (answers += chunk.toString('latin1')));
    // A server that stops reading resets the connection.
    client.on('error', (error: NodeJS.ErrnoException) => (failure = error.code === undefined ? error : undefined));
    const closed = new Promise((resolve) => client.once('close', resolve));
    await once(client, 'connect');
    let sent = 0;
    for (const piece of pieces) {
      if (client.destroyed) break;
      client.write(piece);
      sent += piece.length;
      await this.#read(client, sent);
    }
    await settled();
    client.end();
    await closed;
    clearTimeout(hang);
    if (failure !== undefined) throw failure;
    return { requests: this.#requests, statuses: [...answers.matchAll(/HTTP\/1\.1 (\d+) /g)].map((m) => Number(m[1])) };
  }

  /** Resolves once the server has read this many bytes, or reads no more. */
  async #read(client: Socket, bytes: number): Promise<void> {
    const isBehind = (): boolean =>
      this.#socket === undefined || (this.#socket.bytesRead < bytes && !this.#socket.destroyed);
    while (!client.destroyed && isBehind()) await new Promise(setImmediate);
    await new Promise(setImmediate);
  }
}

/** All bytes read have been processed. */
async function settled(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise(setImmediate);
}

export async function httpTwins(): Promise<HttpTwins> {
  const folder = await mkdtemp(join(tmpdir(), 'lam-twins-'));
  let served = 0;
  const node = new Twin(join(folder, 'node'), (twin) => createServer(SETTINGS, twin.byNode));
  const plain = new Twin(
    join(folder, 'plain'),
    (twin) =>
      new PlainServer({
        settings: SETTINGS,
        listener: twin.byNode,
        clock: systemClock,
        service: {
          mostChunkedBytes: MOST_CHUNKED_BYTES,
          handlerFor: ({ method, target, rawHeaders, bodyBytes }) =>
            bodyBytes > MOST_BODY_BYTES
              ? undefined
              : {
                  isCurrent: () => true,
                  refusal: () => undefined,
                  serve(body, reply, trailers = {}) {
                    served++;
                    twin.note({ method, target, rawHeaders, body: body.toString('latin1'), trailers: { ...trailers } });
                    reply.send(200, [], Buffer.alloc(0));
                  },
                },
        },
      }),
  );
  for (const { server, path } of [node, plain]) {
    server.listen(path);
    await once(server, 'listening');
  }
  return {
    async both(pieces) {
      const [byNode, byLam] = await Promise.all([node.send(pieces), plain.send(pieces)]);
      return { node: byNode, plain: byLam };
    },
    served: () => served,
    async [Symbol.asyncDispose]() {
      for (const { server } of [node, plain]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}
