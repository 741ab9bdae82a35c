import { writeSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { inspect } from 'node:util';
import {
  encodeFrame,
  FRAME,
  FrameDecoder,
  LOG_STDERR,
  MAX_FRAME_BYTES,
  PAYLOAD_LIMIT,
  type FrameSink,
  type InitRequest,
  type InvocationContext,
} from '../../executor/frames.ts';
import { Channel, leave } from './channel.ts';
import { errorDocument, errorMeta, RuntimeError } from './error-document.ts';
import { addBodyReaders, contextOf, runHandler } from './invocation.ts';
import { loadHandler, type Handler } from './load-handler.ts';
import { Output } from './output.ts';

/** Exit codes of AWS's Node runtime. */
const EXIT = { initError: 1, unhandledRejection: 128, uncaughtException: 129 } as const;

/** What the process driver has in `NODE_OPTIONS`. */
const HEAP_OPTION = /^--max-old-space-size=\d+$/;

/** The function's side of the connection: one process, one function, one invocation at a time. */
class Bootstrap implements FrameSink {
  readonly #socket: Socket;
  readonly #channel: Channel;
  readonly #output: Output;
  #init: InitRequest | undefined;
  #handler: Handler | undefined;
  /** When the invocation that runs began, on the clock of `performance.now`. */
  #startedAt = 0;
  /** Who is told when nothing but the connection keeps the process alive, and for which invocation. */
  #drained: { readonly request: number; readonly run: () => void } | undefined;
  /** Sent ahead while another invocation runs; each starts when the one before it has answered. */
  readonly #waiting: { request: number; meta: Buffer; body: Buffer }[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#channel = new Channel(socket);
    this.#output = new Output(this.#channel);
  }

  start(token: string): void {
    const decoder = new FrameDecoder(this, MAX_FRAME_BYTES);
    this.#socket.on('data', (chunk: Buffer) => decoder.push(chunk));
    this.#output.install();
    process.on('beforeExit', () => this.#onDrained());
    process.on('uncaughtException', (error) => this.#crash(error, 'Uncaught Exception', EXIT.uncaughtException));
    process.on('unhandledRejection', (reason) => {
      const stack = reason instanceof Error ? reason.stack : undefined;
      this.#crash(
        new RuntimeError('UnhandledPromiseRejection', String(reason), stack),
        'Unhandled Promise Rejection',
        EXIT.unhandledRejection,
      );
    });
    this.#send(FRAME.hello, 0, JSON.stringify({ token, pid: process.pid, runtime: `node ${process.versions.node}` }));
  }

  onFrame(type: number, request: number, meta: Buffer, body: Buffer): void {
    if (type === FRAME.invoke) this.#accept(request, meta, body);
    else if (type === FRAME.recall) this.#giveBack(request);
    else if (type === FRAME.init) void this.#initialize(JSON.parse(meta.toString('utf8')));
    else if (type === FRAME.shutdown) process.exit(0);
    else leave();
  }

  onGarbage(): void {
    leave();
  }

  async #initialize(init: InitRequest): Promise<void> {
    const began = performance.now();
    this.#init = init;
    try {
      Object.assign(process.env, init.environment, { LAMBDA_TASK_ROOT: init.taskRoot, PWD: init.taskRoot });
      if (init.environment['NODE_OPTIONS']?.includes('--enable-source-maps') === true) process.setSourceMapsEnabled(true);
      process.chdir(init.taskRoot);
      this.#handler = await loadHandler(init.taskRoot, init.handler);
    } catch (thrown) {
      this.#crash(thrown, 'Init Error', EXIT.initError);
    }
    this.#output.flush();
    this.#send(FRAME.ready, 0, JSON.stringify({ durationMs: performance.now() - began }));
  }

  #accept(request: number, meta: Buffer, body: Buffer): void {
    if (this.#output.request !== 0 || this.#waiting.length > 0) this.#waiting.push({ request, meta, body });
    else this.#invoke(request, JSON.parse(meta.toString('utf8')), body);
  }

  /** The daemon wants an invocation back that has not started, to run it elsewhere. Silence means it has started. */
  #giveBack(request: number): void {
    const at = this.#waiting.findIndex((waiting) => waiting.request === request);
    if (at === -1) return;
    this.#waiting.splice(at, 1);
    this.#send(FRAME.unstarted, request, '');
  }

  #next(): void {
    const next = this.#waiting.shift();
    if (next !== undefined) this.#invoke(next.request, JSON.parse(next.meta.toString('utf8')), next.body);
  }

  #invoke(request: number, invocation: InvocationContext, body: Buffer): void {
    const init = this.#init;
    const handler = this.#handler;
    if (init === undefined || handler === undefined) return leave();
    this.#output.request = request;
    this.#startedAt = performance.now();
    const answer = {
      succeed: (result: unknown): void => this.#succeed(request, result),
      fail: (thrown: unknown): void => this.#fail(request, thrown),
    };
    try {
      process.env['_X_AMZN_TRACE_ID'] = invocation.traceId;
      const event: unknown = body.length === 0 ? {} : JSON.parse(body.toString('utf8'));
      if (invocation.http === true) addBodyReaders(event);
      runHandler(handler, event, contextOf(init, invocation), { answer, drained: (run) => this.#whenDrained(request, run) });
    } catch (thrown) {
      this.#fail(request, thrown);
    }
  }

  #succeed(request: number, result: unknown): void {
    if (request !== this.#output.request) return;
    let json: string;
    try {
      json = JSON.stringify(result) ?? 'null';
    } catch (cause) {
      // AWS's text; its own error has the type Error and hides the cause.
      const reason = cause instanceof Error ? cause.message : String(cause);
      this.#fail(request, new RuntimeError('MarshalError', `Unable to stringify response body: ${reason}`));
      return;
    }
    const tooLong = json.length > PAYLOAD_LIMIT / 3 && Buffer.byteLength(json) > PAYLOAD_LIMIT;
    if (tooLong) this.#end(FRAME.result, JSON.stringify({ ranMs: this.#ranMs(), tooLarge: Buffer.byteLength(json) }), '');
    else this.#end(FRAME.result, this.#ranMs().toFixed(3), json);
  }

  #fail(request: number, thrown: unknown): void {
    if (request !== this.#output.request) return;
    const document = errorDocument(thrown);
    this.#output.flush();
    this.#output.record(LOG_STDERR, `Invoke Error\t${describe(thrown)}`);
    this.#end(FRAME.error, errorMeta(document, { ranMs: this.#ranMs() }), JSON.stringify(document));
  }

  /** How long the invocation that ends has run. */
  #ranMs(): number {
    return performance.now() - this.#startedAt;
  }

  #end(type: number, meta: string, body: string): void {
    const request = this.#output.request;
    this.#output.flush();
    this.#output.request = 0;
    this.#socket.ref();
    this.#send(type, request, meta, body);
    if (this.#waiting.length > 0) queueMicrotask(() => this.#next());
  }

  /** Reports an error that nothing caught, for whatever runs at the moment, and ends the process. */
  #crash(thrown: unknown, what: string, exitCode: number): never {
    const document = errorDocument(thrown);
    const request = this.#output.request;
    this.#output.flush();
    this.#output.record(LOG_STDERR, `${what}\t${describe(thrown)}`);
    if (request !== 0) this.#send(FRAME.error, request, errorMeta(document, { leaving: true }), JSON.stringify(document));
    else if (this.#handler === undefined) this.#send(FRAME.initError, 0, errorMeta(document), JSON.stringify(document));
    process.exit(exitCode);
  }

  /** Calls `run` once nothing but the connection keeps the process alive, unless the invocation has ended before. */
  #whenDrained(request: number, run: () => void): void {
    if (request !== this.#output.request) return;
    this.#drained = { request, run };
    this.#socket.unref();
  }

  #onDrained(): void {
    const drained = this.#drained;
    this.#drained = undefined;
    this.#socket.ref();
    if (drained?.request === this.#output.request) drained.run();
  }

  #send(type: number, request: number, meta: string, body?: string): void {
    this.#channel.send(encodeFrame(type, request, meta, body));
  }
}

function describe(thrown: unknown): string {
  try {
    return inspect(thrown);
  } catch {
    // A custom inspect that throws: the error document says the rest.
    return 'an error that could not be shown';
  }
}

function dial(address: string): Socket {
  const at = address.lastIndexOf(':');
  return address.startsWith('/') ? connect(address) : connect(Number(address.slice(at + 1)), address.slice(0, at));
}

function main(): void {
  const { LAM_SOCKET: address, LAM_TOKEN: token } = process.env;
  for (const name of Object.keys(process.env)) if (name.startsWith('LAM_')) delete process.env[name];
  // The driver's way to size the heap of this process; those that the function starts size their own.
  if (HEAP_OPTION.test(process.env['NODE_OPTIONS'] ?? '')) delete process.env['NODE_OPTIONS'];
  if (address === undefined || token === undefined) {
    writeSync(2, 'lam bootstrap: LAM_SOCKET and LAM_TOKEN are not set; it is started by the daemon, not by hand\n');
    process.exit(1);
  }
  const socket = dial(address);
  socket.once('connect', () => new Bootstrap(socket).start(token));
  socket.on('error', (error) => writeSync(2, `lam bootstrap: ${error.message}\n`));
  socket.once('close', leave);
}

main();
