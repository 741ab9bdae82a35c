import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Head, Refusal, Reply } from '../../../src/http/index.ts';
import { PlainServer } from '../../../src/http/plain-server.ts';
import { CLOSED, ifCode } from '../../support/if-code.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

/** A request that lam read. */
export interface PlainCall {
  readonly head: Head;
  readonly body: Uint8Array;
  readonly reply: Reply;
  readonly trailers: Readonly<Record<string, string>> | undefined;
}

/** A server of plain connections in virtual time. */
export interface PlainHouse extends AsyncDisposable {
  readonly clock: VirtualClock;
  readonly server: PlainServer;
  /** Requests that lam read, in order; the test answers them. */
  readonly calls: PlainCall[];
  /** Targets of the requests that `node:http` read; each is answered with its own target. */
  readonly byNode: string[];
  /** Number of look-ups of a handler for a head. */
  readonly looked: () => number;
  dial(): Promise<PlainClient>;
}

/** A client that keeps all received bytes. */
export class PlainClient {
  readonly socket: Socket;
  #text = '';

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', ifCode(CLOSED, undefined));
    socket.on('data', (chunk: Buffer) => (this.#text += chunk.toString('latin1')));
  }

  send(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** All received bytes, once they contain `pattern`. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.#text)) {
      if (this.socket.destroyed) throw new Error(`the connection ended with ${JSON.stringify(this.#text)}`);
      await new Promise(setImmediate);
    }
    return this.#text;
  }
}

/** What differs from a service that takes everything. */
export interface PlainVariations {
  /** Longer bodies are left to `node:http`. */
  readonly mostBodyBytes?: number;
  readonly mostChunkedBytes?: number;
  readonly refusal?: (head: Head) => Refusal | undefined;
  readonly isCurrent?: () => boolean;
  readonly isOnce?: (head: Head) => boolean;
  readonly onBody?: (bytes: number) => void;
  readonly isPatient?: boolean;
}

/** Disposing closes it. */
export async function house(options: PlainVariations = {}): Promise<PlainHouse> {
  const clock = new VirtualClock();
  const calls: PlainCall[] = [];
  const byNode: string[] = [];
  let looks = 0;
  const server = new PlainServer({
    settings: { keepAliveTimeout: 60_000 },
    clock,
    onBody: options.onBody,
    isPatient: options.isPatient ?? false,
    listener: (request, response) => {
      byNode.push(request.url ?? '');
      request.resume();
      response.end(`node ${request.url}`);
    },
    service: {
      mostChunkedBytes: options.mostChunkedBytes ?? 0,
      handlerFor(head) {
        looks++;
        if (head.target.startsWith('/left') || head.bodyBytes > (options.mostBodyBytes ?? 10_000_000)) return undefined;
        return {
          isOnce: options.isOnce?.(head) ?? false,
          isCurrent: () => options.isCurrent?.() ?? true,
          refusal: () => options.refusal?.(head),
          serve: (body, reply, trailers) => void calls.push({ head, body, reply, trailers }),
        };
      },
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    clock,
    server,
    calls,
    byNode,
    looked: () => looks,
    async dial() {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      await once(socket, 'connect');
      return new PlainClient(socket);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The bytes of a request. */
export function post(target: string, body: string, more = ''): string {
  return `POST ${target} HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}`;
}

/** Answers a request with 200 and this text. */
export function answer(call: PlainCall | undefined, text: string): void {
  call?.reply.send(200, [], Buffer.from(text));
}

/** Resolves once there are so many. */
export async function reached(length: () => number, count: number): Promise<void> {
  while (length() < count) await new Promise(setImmediate);
}

/** Resolves once the connection is closed. */
export async function closed({ socket }: PlainClient): Promise<void> {
  if (!socket.closed) await once(socket, 'close');
}

/** Time for unwanted effects to appear. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
}
