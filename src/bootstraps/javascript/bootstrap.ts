import { isAscii } from 'node:buffer';
import {
  CacheGatherer,
  encodeCache,
  encodeFrame,
  FRAME,
  LOG_STDERR,
  PAYLOAD_LIMIT,
  type FrameSink,
  type InitRequest,
  type InvocationContext,
} from '../../executor/frames.ts';
import { leave, type DaemonConnection } from '../shared/channel.ts';
import { describe, errorDocument, errorMeta, RuntimeError } from './error-document.ts';
import { addBodyReaders, contextOf, runHandler } from './invocation.ts';
import { InvokeStore } from './invoke-store.ts';
import type { JavaScriptHost, StartupCache } from './host.ts';
import { loadHandler, type FunctionHandler } from './load-handler.ts';
import { CapturedOutput } from './output.ts';
import { ResponseStream } from './response-stream.ts';
import { monotonicMs, Run, Scope } from './scope.ts';
import { leaveStacksToNode, setTaskRoot } from './stack.ts';
import {
  closed,
  faultOf,
  flushed,
  installStreaming,
  notFinished,
  runStreaming,
  saysClosed,
  streamingOf,
} from './streaming.ts';

/** Exit codes of AWS's Node runtime. */
const EXIT = { initError: 1, unhandledRejection: 128, uncaughtException: 129 } as const;
/** The start-up cache is collected this long after the first answer, or after init if no invocation comes (ms). */
const QUIET_MS = 100;
const IDLE_MS = 1000;
/** Longer events are tested for ASCII before they are decoded (bytes). */
const LARGE_BYTES = 64 * 1024;
/** How often the collection is put off while invocations run. */
const MOST_DELAYS = 20;

/** An invocation as the daemon sent it. */
interface Sent {
  readonly request: number;
  readonly meta: Buffer;
  readonly body: Buffer;
}

/** Runs one function in this process, with as many invocations at once as init allows. */
export class Bootstrap implements FrameSink {
  readonly #connection: DaemonConnection;
  readonly #host: JavaScriptHost;
  readonly #scope = new Scope();
  readonly #output: CapturedOutput;
  #init: InitRequest | undefined;
  #handler: FunctionHandler | undefined;
  /** Set for a handler that streams its answers. */
  #streaming: ReturnType<typeof streamingOf>;
  /**
   * The running invocations. Not a Set: V8 copies a Set that grows and shrinks, and the old copies keep their entries
   * alive until a full garbage collection.
   */
  readonly #runs: Run[] = [];
  /** How many may run at once. */
  #places = 1;
  /** Invocations beyond that number; each starts when a running one has answered. */
  readonly #waiting: Sent[] = [];
  /** Present when several may run at once. */
  #store: InvokeStore | undefined;
  /** Whether the connection is unreferenced, because all running invocations wait for the event loop to drain. */
  #released = false;
  /** Assembles the start-up cache that the daemon sends before init. */
  readonly #gatherer = new CacheGatherer();
  #archive: Buffer | undefined;
  #cache: StartupCache | undefined;
  #cacheTimer: NodeJS.Timeout | undefined;

  constructor(connection: DaemonConnection, host: JavaScriptHost) {
    this.#connection = connection;
    this.#host = host;
    this.#output = new CapturedOutput(connection, this.#scope);
  }

  /** Installs the streams and error handlers, and sends HELLO. */
  start(token: string): void {
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
    this.#send(FRAME.hello, 0, JSON.stringify({ token, pid: process.pid, runtime: this.#host.interpreter }));
  }

  onFrame(type: number, request: number, meta: Buffer, body: Buffer): void {
    if (type === FRAME.invoke) this.#accept(request, meta, body);
    else if (type === FRAME.recall) this.#giveBack(request);
    else if (type === FRAME.cache) this.#archive = this.#gatherer.add(meta, body);
    else if (type === FRAME.init) void this.#initialize(JSON.parse(meta.toString('utf8')));
    else if (type === FRAME.credit || type === FRAME.cancel) this.#steer(type, request, meta);
    else if (type === FRAME.shutdown) process.exit(0);
    else leave();
  }

  onGarbage(): void {
    leave();
  }

  async #initialize(init: InitRequest): Promise<void> {
    const began = monotonicMs();
    this.#init = init;
    setTaskRoot(init.taskRoot);
    try {
      Object.assign(process.env, init.environment, { LAMBDA_TASK_ROOT: init.taskRoot, PWD: init.taskRoot });
      if (init.environment['NODE_OPTIONS']?.includes('--enable-source-maps') === true) leaveStacksToNode();
      installStreaming();
      if (init.concurrency > 1) this.#spread(init.concurrency);
      process.chdir(init.taskRoot);
      if (init.wantStartupCache || this.#archive !== undefined)
        this.#cache = this.#host.openCache?.(init.taskRoot, this.#archive);
      const handler = await loadHandler(init.taskRoot, init.handler, this.#host, this.#cache);
      this.#streaming = streamingOf(handler);
      this.#handler = handler;
    } catch (thrown) {
      this.#crash(thrown, 'Init Error', EXIT.initError);
    }
    this.#output.flush(this.#scope.outside);
    this.#send(FRAME.ready, 0, JSON.stringify({ durationMs: monotonicMs() - began }));
    if (this.#cache !== undefined) this.#cacheTimer = setTimeout(() => this.#finishCache(0), IDLE_MS).unref();
  }

  #spread(places: number): void {
    this.#places = places;
    this.#scope.spread();
    this.#store = new InvokeStore();
    this.#store.install();
  }

  #accept(request: number, meta: Buffer, body: Buffer): void {
    const isWaiting = this.#runs.length >= this.#places || this.#waiting.length > 0;
    // Copied, because the read buffer is reused.
    if (isWaiting) this.#waiting.push({ request, meta: Buffer.from(meta), body: Buffer.from(body) });
    else this.#invoke({ request, meta, body });
  }

  /** Returns an invocation that has not started, to be run elsewhere; no reply means that it has started. */
  #giveBack(request: number): void {
    const at = this.#waiting.findIndex((waiting) => waiting.request === request);
    if (at === -1) return;
    this.#waiting.splice(at, 1);
    this.#send(FRAME.unstarted, request, '');
  }

  #next(): void {
    const next = this.#waiting.shift();
    if (next !== undefined) this.#invoke(next);
  }

  #invoke({ request, meta, body }: Sent): void {
    const run = new Run(request, monotonicMs());
    const invocation: InvocationContext = JSON.parse(meta.toString('utf8'));
    const event = textOf(body);
    this.#runs.push(run);
    if (this.#released) this.#holdOrRelease();
    const store = this.#store;
    if (store === undefined) {
      process.env['_X_AMZN_TRACE_ID'] = invocation.traceId;
      this.#scope.enter(run, () => this.#call(run, invocation, event));
    } else {
      store.enter(invocation, () => this.#scope.enter(run, () => this.#call(run, invocation, event)));
    }
  }

  #call(run: Run, invocation: InvocationContext, text: string): void {
    const init = this.#init;
    const handler = this.#handler;
    if (init === undefined || handler === undefined) return leave();
    const answer = {
      succeed: (result: unknown): void => this.#succeed(run, result),
      fail: (thrown: unknown): void => this.#fail(run, thrown),
    };
    try {
      const event: unknown = text === '' ? {} : JSON.parse(text);
      if (invocation.http === true) addBodyReaders(event);
      if (this.#streaming !== undefined) {
        void this.#stream(run, (stream) => runStreaming(handler, event, stream, contextOf(init, invocation)));
        return;
      }
      runHandler(handler, event, contextOf(init, invocation), {
        answer,
        drained: (then) => this.#whenDrained(run, then),
      });
    } catch (thrown) {
      this.#fail(run, thrown);
    }
  }

  #succeed(run: Run, result: unknown): void {
    if (run.hasEnded) return;
    let json: string;
    try {
      json = JSON.stringify(result) ?? 'null';
    } catch (cause) {
      // AWS's text, without its wrapper of type Error, which hides the cause.
      const reason = cause instanceof Error ? cause.message : String(cause);
      this.#fail(run, new RuntimeError('MarshalError', `Unable to stringify response body: ${reason}`));
      return;
    }
    const ranMs = monotonicMs() - run.startedAt;
    const tooLong = json.length > PAYLOAD_LIMIT / 3 && Buffer.byteLength(json) > PAYLOAD_LIMIT;
    if (tooLong) this.#end(run, FRAME.result, JSON.stringify({ ranMs, tooLarge: Buffer.byteLength(json) }), '');
    else this.#end(run, FRAME.result, ranMs.toFixed(3), json);
  }

  /** Lets `handle` write the answer, which ends when both `handle` and its stream have ended. */
  async #stream(run: Run, handle: (stream: ResponseStream) => Promise<void>): Promise<void> {
    const stream = (run.stream = new ResponseStream((type, meta, body) => {
      if (!run.hasEnded) this.#send(type, run.request, meta, body);
    }, this.#streaming?.highWaterMark));
    try {
      await handle(stream);
      // With nothing left that could end it, it never ends.
      const watch = (): void => {
        run.drained = stream.isHeld ? undefined : (): void => this.#fail(run, notFinished());
        this.#holdOrRelease();
      };
      stream.onHeld = watch;
      watch();
      await closed(stream);
      const fault = faultOf(stream);
      if (fault !== undefined) throw fault;
    } catch (thrown) {
      if (!stream.isDiscarded || !saysClosed(thrown)) {
        await flushed(stream);
        this.#fail(run, thrown);
        return;
      }
    }
    if (!run.hasEnded) this.#end(run, FRAME.result, (monotonicMs() - run.startedAt).toFixed(3), '');
  }

  /** Passes on to a stream how it is read. */
  #steer(type: number, request: number, meta: Buffer): void {
    const run = this.#runs.find((running) => running.request === request);
    const stream = run?.stream;
    if (run === undefined || stream === undefined) return;
    this.#scope.enter(run, () => {
      if (type === FRAME.cancel) stream.discard();
      else stream.credit(Number(meta.toString('latin1')));
    });
  }

  #fail(run: Run, thrown: unknown): void {
    if (run.hasEnded) return;
    const document = errorDocument(thrown);
    this.#output.flush(run);
    this.#output.record(run, LOG_STDERR, `Invoke Error\t${describe(thrown)}`);
    this.#end(
      run,
      FRAME.error,
      errorMeta(document, { ranMs: monotonicMs() - run.startedAt }),
      JSON.stringify(document),
    );
  }

  // oxlint-disable-next-line max-params -- called once per invocation: an options object would be one more allocation
  #end(run: Run, type: number, meta: string, body: string): void {
    // Code of the function that ran since the last check, such as a toJSON, may have answered.
    if (run.hasEnded) return;
    this.#output.flush(run);
    this.#output.flush(this.#scope.outside);
    this.#scope.leave(run);
    this.#runs.splice(this.#runs.indexOf(run), 1);
    this.#holdOrRelease();
    this.#send(type, run.request, meta, body);
    if (this.#waiting.length > 0) queueMicrotask(() => this.#next());
    if (this.#cacheTimer !== undefined) this.#onFirstAnswer();
  }

  /** Reports an uncaught error for the invocation that raised it, and ends the process. */
  #crash(thrown: unknown, what: string, exitCode: number): never {
    const document = errorDocument(thrown);
    const { current, outside } = this.#scope;
    // Without an asynchronous context, the only running invocation must have raised it.
    const [only] = this.#runs;
    const run = current === outside && only !== undefined && this.#runs.length === 1 ? only : current;
    for (const open of [...this.#runs, outside]) this.#output.flush(open);
    this.#output.record(run, LOG_STDERR, `${what}\t${describe(thrown)}`);
    if (run !== outside)
      this.#send(FRAME.error, run.request, errorMeta(document, { leaving: true }), JSON.stringify(document));
    else if (this.#handler === undefined) this.#send(FRAME.initError, 0, errorMeta(document), JSON.stringify(document));
    process.exit(exitCode);
  }

  /** Calls `then` when nothing but the connection keeps the process alive, unless the invocation ends before. */
  #whenDrained(run: Run, then: () => void): void {
    if (run.hasEnded) return;
    run.drained = then;
    this.#holdOrRelease();
  }

  /** References the connection while nothing runs, or while any running invocation has a pending promise. */
  #holdOrRelease(): void {
    let release = this.#runs.length > 0;
    for (const run of this.#runs) release &&= run.drained !== undefined;
    if (release === this.#released) return;
    this.#released = release;
    if (release) this.#connection.unref();
    else this.#connection.ref();
  }

  #onDrained(): void {
    for (const run of [...this.#runs]) run.drained?.();
  }

  /** Schedules the collection for a moment when probably no caller waits. */
  #onFirstAnswer(): void {
    clearTimeout(this.#cacheTimer);
    this.#cacheTimer = undefined;
    setTimeout(() => this.#finishCache(0), QUIET_MS).unref();
  }

  /** Sends the compiled code if the daemon requested it, when no invocation runs; removes its folder. */
  #finishCache(delays: number): void {
    if (this.#runs.length > 0 && delays < MOST_DELAYS) {
      setTimeout(() => this.#finishCache(delays + 1), QUIET_MS).unref();
      return;
    }
    this.#cacheTimer = undefined;
    const archive = this.#init?.wantStartupCache === true ? this.#cache?.collect() : undefined;
    this.#cache?.remove();
    this.#cache = this.#archive = undefined;
    if (archive !== undefined) for (const part of encodeCache(FRAME.newCache, archive)) this.#connection.send(part);
  }

  // oxlint-disable-next-line max-params -- called once per frame: an options object would be one more allocation
  #send(type: number, request: number, meta: string, body?: Uint8Array | string): void {
    this.#connection.send(encodeFrame(type, request, meta, body));
  }
}

/** Decodes UTF-8. Pure ASCII is decoded as Latin-1, which is three times as fast. */
function textOf(bytes: Buffer): string {
  return bytes.length > LARGE_BYTES && isAscii(bytes) ? bytes.toString('latin1') : bytes.toString('utf8');
}
