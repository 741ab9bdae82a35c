import type { Socket } from 'node:net';
import { LIMITS, type InvocationContext } from '../contract/index.ts';
import { invariant } from '../kit/index.ts';
import type { Clock } from '../kit/index.ts';
import type { Deadlines, Expirable } from './deadlines.ts';
import { FrameStream } from './frame-stream.ts';
import { readErrorType, readMember, readNumber } from './frame-meta.ts';
import {
  CacheGatherer,
  FRAME,
  LOG_STDERR,
  LOG_STDOUT,
  MAX_FRAME_BYTES,
  MAX_META_BYTES,
  STREAM_WINDOW_BYTES,
  encodeCache,
  encodeFrame,
  writeFrame,
  type FrameDecoder,
  type FrameSink,
  type Hello,
} from './frames.ts';
import { InFlight } from './in-flight.ts';
import { characterBoundary, LineSplitter } from './line-splitter.ts';
import type {
  ExitStatus,
  InitOutcome,
  InitRequest,
  InvocationHooks,
  InvokeOutcome,
  Session,
  SessionHooks,
} from './session.ts';

/** How long to drain the connection of an ended process (ms). */
const DRAIN_MS = 500;
/** How long a process may outlive its closed connection (ms). */
const ORPHAN_MS = 1000;
/** Exit status reported by a session closed before its process ended; the closer kills the process. */
const KILLED: ExitStatus = { code: null, signal: 'SIGKILL', outOfMemory: false };
/** Bodies up to this size are batched with others (bytes). */
const SMALL_BYTES = 16 * 1024;
const NO_BODY = new Uint8Array(0);
const WRONG_PART = 'does not run, or has begun its stream twice, or not at all';
/** Bytes before the text in the body of a LOG frame. */
const LOG_PREFIX = 9;

/** Parts of a session, from the listener that accepted its connection. */
export interface FrameSessionParts {
  readonly socket: Socket;
  readonly decoder: FrameDecoder;
  readonly hello: Hello;
  readonly hooks: SessionHooks;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
}

/**
 * The daemon's end of a frame connection. Results are passed on byte for byte. Fed by its decoder; ends with the
 * connection, `exited` or `close`.
 */
export class FrameSession implements Session, FrameSink {
  /** The sandbox's HELLO. */
  readonly hello: Hello;
  /** Settles when the bootstrap's connection is closed. */
  readonly disconnected: Promise<void>;
  /** Set by the driver; called to pause and resume raw output (back-pressure of the logs). */
  onFlow: ((paused: boolean) => void) | undefined;
  readonly #socket: Socket;
  readonly #decoder: FrameDecoder;
  readonly #hooks: SessionHooks;
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  readonly #inFlight: InFlight;
  readonly #outbox: Buffer[] = [];
  readonly #stdout: LineSplitter;
  readonly #stderr: LineSplitter;
  #init: ({ settle(outcome: InitOutcome): void } & Expirable) | undefined;
  #timeoutMs = 0;
  /** Assembles the requested start-up cache; undefined otherwise. */
  #gatherer: CacheGatherer | undefined;
  #exit: ExitStatus | undefined;
  #connected = true;
  #ended = false;

  get interpreter(): string {
    return this.hello.runtime;
  }

  constructor(parts: FrameSessionParts) {
    this.hello = parts.hello;
    this.#socket = parts.socket;
    this.#decoder = parts.decoder;
    this.#hooks = parts.hooks;
    this.#clock = parts.clock;
    this.#deadlines = parts.deadlines;
    this.#inFlight = new InFlight(parts.deadlines, (number) => this.#send(FRAME.recall, number, '', NO_BODY));
    const line = (stream: 'stdout' | 'stderr') => (text: string) =>
      this.#hooks.onLog(stream, text, this.#inFlight.rawRequestId, this.#clock.now());
    this.#stdout = new LineSplitter(LIMITS.logRecordBytes, line('stdout'));
    this.#stderr = new LineSplitter(LIMITS.logRecordBytes, line('stderr'));
    parts.decoder.adopt(this, MAX_FRAME_BYTES);
    this.disconnected = new Promise((resolve) => parts.socket.once('close', () => resolve()));
    parts.socket.once('close', () => this.#disconnected());
  }

  init(request: InitRequest, limitMs: number, startupCache?: Uint8Array): Promise<InitOutcome> {
    if (this.#ended) return Promise.resolve({ kind: 'exit', exit: this.#exit ?? KILLED });
    invariant(this.#init === undefined && this.#timeoutMs === 0, 'init is called once per session');
    const meta = JSON.stringify(request);
    invariant(Buffer.byteLength(meta) <= MAX_META_BYTES, 'an init request fits into a frame');
    this.#timeoutMs = request.timeoutMs;
    if (request.concurrency > 1) this.#inFlight.places = request.concurrency;
    if (request.wantStartupCache) this.#gatherer = new CacheGatherer();
    return new Promise((resolve) => {
      this.#init = {
        deadline: this.#deadlines.now() + limitMs,
        expire: () => this.#settleInit({ kind: 'timeout' }),
        settle: resolve,
      };
      this.#deadlines.add(this.#init);
      this.#socket.cork();
      if (startupCache !== undefined)
        for (const part of encodeCache(FRAME.cache, startupCache)) this.#socket.write(part);
      writeFrame(this.#socket, FRAME.init, 0, meta);
      this.#socket.uncork();
    });
  }

  start(context: InvocationContext, event: Uint8Array, hooks: InvocationHooks): void {
    if (this.#ended) {
      const exit = this.#exit ?? KILLED;
      queueMicrotask(() => hooks.settled({ kind: 'exit', exit }));
    } else if (this.#inFlight.isSpoiled) {
      queueMicrotask(() => hooks.settled({ kind: 'unstarted' }));
    } else {
      const { number } = this.#inFlight.add(context.requestId, hooks.timeoutMs ?? this.#timeoutMs, hooks);
      this.#send(FRAME.invoke, number, JSON.stringify(context), event);
    }
  }

  exited(status: ExitStatus): void {
    if (this.#exit !== undefined || this.#ended) return;
    this.#exit = status;
    if (!this.#connected) {
      this.#end();
      return;
    }
    // Frames sent before the exit may still be in the socket; they arrive before its end.
    this.#socket.resume();
    this.#deadlines.add({ deadline: this.#deadlines.now() + DRAIN_MS, expire: () => this.#end() });
  }

  output(stream: 'stdout' | 'stderr', chunk: Uint8Array): void {
    if (!this.#ended) (stream === 'stdout' ? this.#stdout : this.#stderr).push(chunk);
  }

  /** Stops reading from the sandbox, which blocks once its buffers are full. Back-pressure for slow log writers. */
  pause(): void {
    this.#socket.pause();
    this.onFlow?.(true);
  }

  /** Undoes {@link FrameSession.pause}. */
  resume(): void {
    this.#socket.resume();
    this.onFlow?.(false);
  }

  close(): void {
    // Whether an invocation sent ahead has started is known only when the socket is drained.
    if (this.#inFlight.hasWaiting && this.#connected && !this.#ended) {
      this.#socket.resume();
      this.#deadlines.add({ deadline: this.#deadlines.now() + DRAIN_MS, expire: () => this.#end() });
    } else {
      this.#end();
    }
  }

  /** @internal For the decoder. */
  onFrame(type: number, request: number, meta: Buffer, body: Buffer): void {
    if (this.#ended) return;
    switch (type) {
      case FRAME.log:
        this.#log(request, body);
        return;
      case FRAME.result:
        this.#result(request, meta, body);
        return;
      case FRAME.error:
        this.#error(request, meta, body);
        return;
      case FRAME.stream:
      case FRAME.chunk:
        this.#streamed(type, request, meta, body);
        return;
      case FRAME.unstarted:
        this.#unstarted(request);
        return;
      case FRAME.newCache:
        this.#gather(meta, body);
        return;
      case FRAME.ready:
        this.#ready({ kind: 'ready', durationMs: readNumber(meta, 'durationMs') ?? 0 });
        return;
      case FRAME.initError:
        this.#ready({ kind: 'error', payload: body, errorType: readErrorType(meta) });
        return;
      default:
        this.#refuse(`a frame of type ${type}`);
    }
  }

  /** @internal For the decoder. */
  onGarbage(what: string): void {
    this.#refuse(what);
  }

  /** Batches small frames of one event loop turn into one write; each write may wake a process. */
  // oxlint-disable-next-line max-params -- called once per invocation: an options object would be one more allocation
  #send(type: number, request: number, meta: string, body: Uint8Array): void {
    if (body.length > SMALL_BYTES) {
      this.#flush();
      writeFrame(this.#socket, type, request, meta, body);
      return;
    }
    this.#outbox.push(encodeFrame(type, request, meta, body));
    if (this.#outbox.length === 1) setImmediate(this.#flush);
  }

  readonly #flush = (): void => {
    const [first] = this.#outbox;
    if (first === undefined) return;
    this.#socket.write(this.#outbox.length === 1 ? first : Buffer.concat(this.#outbox));
    this.#outbox.length = 0;
  };

  #unstarted(request: number): void {
    const pending = this.#inFlight.givenBack(request);
    if (pending === undefined) this.#refuse(`UNSTARTED for invocation ${request}, which was not recalled`);
    else pending.hooks.settled({ kind: 'unstarted' });
  }

  /** Drops a cache that was not requested or is malformed. */
  #gather(meta: Buffer, part: Buffer): void {
    const cache = this.#gatherer?.add(meta, part);
    if (cache === undefined) return;
    this.#gatherer = undefined;
    this.#hooks.onStartupCache?.(this.interpreter, cache);
  }

  #log(request: number, body: Buffer): void {
    const stream = body[0];
    if (body.length < LOG_PREFIX || (stream !== LOG_STDOUT && stream !== LOG_STDERR)) {
      this.#refuse('a broken LOG frame');
      return;
    }
    const isShort = body.length - LOG_PREFIX <= LIMITS.logRecordBytes;
    const end = isShort
      ? body.length
      : LOG_PREFIX + characterBoundary(body.subarray(LOG_PREFIX), LIMITS.logRecordBytes);
    const text = body.toString('utf8', LOG_PREFIX, end);
    this.#hooks.onLog(
      stream === LOG_STDOUT ? 'stdout' : 'stderr',
      text,
      this.#inFlight.requestIdOf(request),
      body.readDoubleBE(1),
    );
  }

  #result(request: number, meta: Buffer, body: Buffer): void {
    // A bare number is the duration (ms); an object has further members.
    const ranMs = Number(meta.toString('latin1'));
    if (!Number.isNaN(ranMs) && body.length <= LIMITS.payloadBytes) {
      this.#answer(request, { kind: 'result', payload: body, ranMs });
      return;
    }
    const bytes = readNumber(meta, 'tooLarge') ?? body.length;
    this.#answer(
      request,
      bytes > LIMITS.payloadBytes ? { kind: 'too-large', bytes } : { kind: 'result', payload: body },
    );
  }

  #error(request: number, meta: Buffer, body: Buffer): void {
    const outcome = {
      kind: 'error',
      payload: body,
      errorType: readErrorType(meta),
      ranMs: readNumber(meta, 'ranMs') ?? 0,
    } as const;
    // After an uncaught error the process exits, and what waits there never starts.
    this.#answer(request, readMember(meta, 'leaving') === true ? { ...outcome, leaving: true } : outcome);
  }

  /** The beginning or a piece of a streamed answer; its end is a RESULT or an ERROR. */
  // oxlint-disable-next-line max-params -- called once per frame: an options object would be one more allocation
  #streamed(type: number, request: number, meta: Buffer, body: Buffer): void {
    const pending = this.#inFlight.running(request);
    if (pending === 'late') return;
    if (pending === 'wrong' || (pending.stream === undefined) !== (type === FRAME.stream))
      this.#refuse(`a part of a streamed answer to invocation ${request}, which ${WRONG_PART}`);
    else if (type === FRAME.stream)
      pending.stream = new FrameStream(pending.hooks, meta, (sent, text) => {
        if (!this.#ended) this.#send(sent, request, text, NO_BODY);
      });
    else if (pending.stream?.push(body) === false)
      this.#refuse(`more than ${STREAM_WINDOW_BYTES} bytes of a streamed answer ahead of its reader`);
  }

  #answer(request: number, outcome: InvokeOutcome): void {
    const pending = this.#inFlight.answered(request);
    if (pending === 'wrong') {
      this.#refuse(`an answer to invocation ${request}, which is not running`);
      return;
    }
    // A late answer also starts the next invocation, which must not run again elsewhere.
    if (outcome.kind !== 'error' || outcome.leaving !== true) this.#inFlight.fill();
    if (pending !== 'late') pending.hooks.settled(pending.stream?.outcomeOf(outcome) ?? outcome);
  }

  #ready(outcome: InitOutcome): void {
    if (this.#init === undefined) {
      // An init may end after its time-out, but not before it was requested.
      if (this.#timeoutMs === 0) this.#refuse('READY before INIT');
      return;
    }
    this.#settleInit(outcome);
  }

  #settleInit(outcome: InitOutcome): void {
    const init = this.#init;
    if (init === undefined) return;
    this.#init = undefined;
    this.#deadlines.remove(init);
    init.settle(outcome);
  }

  #disconnected(): void {
    this.#connected = false;
    if (this.#ended) return;
    if (this.#exit !== undefined) {
      this.#end();
      return;
    }
    const expire = (): void => {
      if (this.#exit === undefined) this.#refuse('it closed its connection but did not exit');
    };
    this.#deadlines.add({ deadline: this.#deadlines.now() + ORPHAN_MS, expire });
  }

  #refuse(what: string): void {
    if (this.#ended) return;
    this.#end();
    this.#hooks.onProtocolError(what);
  }

  #end(): void {
    if (this.#ended) return;
    this.#stdout.flush();
    this.#stderr.flush();
    this.#ended = true;
    this.#decoder.stop();
    this.#socket.destroy();
    const exit = this.#exit ?? KILLED;
    this.#settleInit({ kind: 'exit', exit });
    for (const pending of this.#inFlight.drain())
      pending.hooks.settled(pending.startedAt === undefined ? { kind: 'unstarted' } : { kind: 'exit', exit });
  }
}
