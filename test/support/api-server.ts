import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Api, WholeBodyApi } from '../../src/edge/api.ts';
import type { ConnectionCaps } from '../../src/edge/connection-limit.ts';
import { createServer } from '../../src/edge/server.ts';
import type { LamError } from '../../src/errors/index.ts';
import { systemClock, type Clock } from '../../src/kit/index.ts';
import { parseAnswers, type ParsedAnswer } from './answer-parser.ts';
import { CLOSED, ifCode } from './if-code.ts';

/** A server of the edge with the APIs of a test, on a loopback port. */
export interface ApiServer extends AsyncDisposable {
  readonly server: Server;
  dial(): Promise<Socket>;
}

/** Starts a server of these APIs. */
export async function apiServer(
  apis: readonly Api[],
  more: { readonly clock?: Clock; readonly caps?: ConnectionCaps } = {},
): Promise<ApiServer> {
  const server = createServer({ apis, clock: systemClock, ...more });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    server,
    async dial() {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      socket.on('error', ifCode(CLOSED, undefined));
      await once(socket, 'connect');
      return socket;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * A whole-body API that claims every path, lets everyone in and answers errors with their code; `parts` replace what
 * differs.
 */
export function testApi(parts: Partial<WholeBodyApi<unknown>>): WholeBodyApi<unknown> {
  return {
    name: 'test',
    reads: 'whole',
    mostBodyBytes: 1024 * 1024,
    match: ({ path }) => path,
    authorize: () => undefined,
    serve: ({ reply, plan }) => reply.send(200, [], Buffer.from(String(plan))),
    fail: (reply, error) => reply.send(error.httpStatus, [], Buffer.from(error.code)),
    ...parts,
  };
}

/** The readers of requests, and a header line that selects the reader. */
export const READERS = { plain: '', 'node:http': 'Proxy-Connection: keep-alive\r\n' } as const;
export type ReaderName = keyof typeof READERS;
export const READER_NAMES: readonly ReaderName[] = ['plain', 'node:http'];

/** All bytes received on a connection until it ends. */
export async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  if (!socket.closed) await once(socket, 'close');
  return Buffer.concat(chunks);
}

/** One answer to a request on a new connection. */
export async function askOnce(server: ApiServer, request: string): Promise<ParsedAnswer> {
  const socket = await server.dial();
  const all = readAll(socket);
  socket.write(request);
  await once(socket, 'data');
  socket.end();
  const [answer] = parseAnswers(await all, [request.slice(0, request.indexOf(' '))]);
  if (answer === undefined) throw new Error('there is no answer');
  return answer;
}

/** The answer of an API to a request that fails with `error`. */
export async function failureOf(api: Pick<Api, 'fail'>, error: LamError): Promise<ParsedAnswer> {
  await using made = await apiServer([
    testApi({ authorize: () => error, fail: (reply, failed) => api.fail(reply, failed) }),
  ]);
  return await askOnce(made, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n');
}
