import type { Socket } from 'node:net';
import { LIMITS, type InvocationContext } from '../contract/index.ts';
import { invariant } from '../kit/index.ts';
import type { Clock, MonotonicMs } from '../kit/index.ts';
import type { Deadlines, Expirable } from './deadlines.ts';
import {
  FRAME,
  LOG_STDERR,
  LOG_STDOUT,
  MAX_FRAME_BYTES,
  MAX_META_BYTES,
  encodeFrame,
  writeFrame,
  type FrameDecoder,
  type FrameSink,
  type Hello,
} from './frames.ts';
import { characterBoundary, LineSplitter } from './line-splitter.ts';
import type { ExitStatus, InitOutcome, InitRequest, InvokeOutcome, Session, SessionHooks } from './session.ts';

/** How long the last bytes of a process that ended may take to arrive. */
const DRAIN_MS = 500;
/** How long a process may live on after it closed its connection. */
const ORPHAN_MS = 1000;
/** What a session that is closed before its process ended reports: whoever closes it kills the process too. */
const KILLED: ExitStatus = { code: null, signal: 'SIGKILL', outOfMemory: false };
/** What was sent ahead is asked back once the invocation before it has run this long, ms. */
const RECALL_MS = 20;
/** Bodies up to this may wait for others to leave with them, bytes. */
const SMALL_BYTES = 16 * 1024;
/** Bytes before the text in the body of a LOG frame. */
const LOG_PREFIX = 9;

/** What a session needs of the one who accepted its connection. */
export interface FrameSessionParts {
  readonly socket: Socket;
  readonly decoder: FrameDecoder;
  readonly hello: Hello;
  readonly hooks: SessionHooks;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
}

/**
 * The daemon's end of one connection that speaks frames. Results are handed on as the bytes that came. It is
 * fed by its decoder and ends with the connection, `exited` or `close`.
 */
export class FrameSession implements Session, FrameSink {
  /** What the sandbox said of itself. */
  readonly hello: Hello;
  /** Set by the driver: told when the owner of the logs wants no more raw output for now, and when it does again. */
  onFlow: ((paused: boolean) => void) | undefined;
  readonly #socket: Socket;
  readonly #decoder: FrameDecoder;
  readonly #hooks: SessionHooks;
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  /** In the order they were sent, which is the order they run in: the first one runs, the others wait for it. */
  readonly #pending = new Map<number, PendingInvocation>();
  readonly #late = new Set<number>();
  readonly #outbox: Buffer[] = [];
  readonly #stdout: LineSplitter;
  readonly #stderr: LineSplitter;
  #recall: Expirable | undefined;
  #init: ({ settle(outcome: InitOutcome): void } & Expirable) | undefined;
  #timeoutMs = 0;
  #lastNumber = 0;
  /** The invocation that runs, or the last one that did. */
  #startedNumber = 0;
  #startedRequestId = '';
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
    const line = (stream: 'stdout' | 'stderr') => (text: string) =>
      this.#hooks.onLog(stream, text, this.#startedRequestId, this.#clock.now());
    this.#stdout = new LineSplitter(LIMITS.logRecordBytes, line('stdout'));
    this.#stderr = new LineSplitter(LIMITS.logRecordBytes, line('stderr'));
    parts.decoder.adopt(this, MAX_FRAME_BYTES);
    parts.socket.once('close', () => this.#disconnected());
  }

  init(request: InitRequest, limitMs: number): Promise<InitOutcome> {
    if (this.#ended) return Promise.resolve({ kind: 'exit', exit: this.#exit ?? KILLED });
    invariant(this.#init === undefined && this.#timeoutMs === 0, 'a session is given init once');
    const meta = JSON.stringify(request);
    invariant(Buffer.byteLength(meta) <= MAX_META_BYTES, 'an init request fits into a frame');
    this.#timeoutMs = request.timeoutMs;
    return new Promise((resolve) => {
      this.#init = {
        deadline: this.#deadlines.now() + limitMs,
        expire: () => this.#settleInit({ kind: 'timeout' }),
        settle: resolve,
      };
      this.#deadlines.add(this.#init);
      writeFrame(this.#socket, FRAME.init, 0, meta);
    });
  }

  invoke(context: InvocationContext, event: Uint8Array): Promise<InvokeOutcome> {
    if (this.#ended) return Promise.resolve({ kind: 'exit', exit: this.#exit ?? KILLED });
    return new Promise((resolve) => {
      this.#lastNumber = this.#lastNumber === 0xffffffff ? 1 : this.#lastNumber + 1;
      const pending = new PendingInvocation(this.#lastNumber, context.requestId, resolve, this);
      this.#pending.set(pending.number, pending);
      if (this.#pending.size === 1) this.#begin(pending);
      else this.#watchHead();
      this.#send(FRAME.invoke, pending.number, JSON.stringify(context), event);
    });
  }

  exited(status: ExitStatus): void {
    if (this.#exit !== undefined || this.#ended) return;
    this.#exit = status;
    if (!this.#connected) {
      this.#end();
      return;
    }
    // What it said before it ended may still be on its way: the connection's end comes behind it.
    this.#socket.resume();
    this.#deadlines.add({ deadline: this.#deadlines.now() + DRAIN_MS, expire: () => this.#end() });
  }

  output(stream: 'stdout' | 'stderr', chunk: Uint8Array): void {
    if (!this.#ended) (stream === 'stdout' ? this.#stdout : this.#stderr).push(chunk);
  }

  /** Reads nothing more from the sandbox, which blocks it once its buffers are full. For an owner that can't keep up. */
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
    // Whether what was sent ahead has started is known once all that the sandbox said was read.
    if (this.#pending.size > 1 && this.#connected && !this.#ended) {
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
      case FRAME.unstarted:
        this.#unstarted(request);
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

  /** @internal For a pending invocation whose time is up. */
  timedOut(pending: PendingInvocation): void {
    this.#pending.delete(pending.number);
    this.#late.add(pending.number);
    pending.settle({ kind: 'timeout' });
  }

  /** Small frames of one turn of the event loop leave in one write: each write may cost the waking of a process. */
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

  /** From now on it runs. */
  #begin(pending: PendingInvocation): void {
    this.#startedNumber = pending.number;
    this.#startedRequestId = pending.requestId;
    pending.startedAt = this.#deadlines.now();
    pending.deadline = pending.startedAt + this.#timeoutMs;
    this.#deadlines.add(pending);
  }

  /** Looks, while anything waits behind the one that runs, that it does not wait long. */
  #watchHead(): void {
    if (this.#recall !== undefined) return;
    const [head] = this.#pending.values();
    this.#recall = {
      deadline: this.#deadlines.now() + RECALL_MS,
      expire: () => {
        this.#recall = undefined;
        if (this.#ended || this.#pending.size < 2) return;
        const [now] = this.#pending.values();
        if (now === head) for (const p of this.#pending.values()) if (p !== head) writeFrame(this.#socket, FRAME.recall, p.number, '');
        this.#watchHead();
      },
    };
    this.#deadlines.add(this.#recall);
  }

  #unstarted(request: number): void {
    const pending = this.#pending.get(request);
    if (pending === undefined || pending.startedAt !== undefined) {
      this.#refuse(`invocation ${request} given back, which was not asked for`);
      return;
    }
    this.#pending.delete(request);
    pending.settle({ kind: 'unstarted' });
  }

  #log(request: number, body: Buffer): void {
    const stream = body[0];
    if (body.length < LOG_PREFIX || (stream !== LOG_STDOUT && stream !== LOG_STDERR)) {
      this.#refuse('a broken LOG frame');
      return;
    }
    const text = body.toString('utf8', LOG_PREFIX, LOG_PREFIX + characterBoundary(body.subarray(LOG_PREFIX), LIMITS.logRecordBytes));
    const requestId =
      request === 0 ? '' : request === this.#startedNumber ? this.#startedRequestId : (this.#pending.get(request)?.requestId ?? '');
    this.#hooks.onLog(stream === LOG_STDOUT ? 'stdout' : 'stderr', text, requestId, body.readDoubleBE(1));
  }

  #result(request: number, meta: Buffer, body: Buffer): void {
    // A bare number is how long it ran; an object says more.
    const ranMs = Number(meta.toString('latin1'));
    if (!Number.isNaN(ranMs) && body.length <= LIMITS.payloadBytes) {
      this.#answer(request, { kind: 'result', payload: body, ranMs });
      return;
    }
    const bytes = readNumber(meta, 'tooLarge') ?? body.length;
    this.#answer(request, bytes > LIMITS.payloadBytes ? { kind: 'too-large', bytes } : { kind: 'result', payload: body });
  }

  #error(request: number, meta: Buffer, body: Buffer): void {
    const outcome = { kind: 'error', payload: body, errorType: readErrorType(meta), ranMs: readNumber(meta, 'ranMs') ?? 0 } as const;
    // Nothing caught this error, so the process ends behind it, and what waits there never starts.
    this.#answer(request, readMember(meta, 'leaving') === true ? { ...outcome, leaving: true } : outcome);
  }

  #answer(request: number, outcome: InvokeOutcome): void {
    const pending = this.#pending.get(request);
    if (pending === undefined) {
      if (!this.#late.delete(request)) this.#refuse(`an answer to invocation ${request}, which is not running`);
      // The one behind a late answer may have started: it must not run a second time elsewhere.
      else for (const waiting of this.#pending.values()) waiting.startedAt ??= this.#deadlines.now();
      return;
    }
    if (pending.startedAt === undefined) {
      this.#refuse(`an answer to invocation ${request} out of turn`);
      return;
    }
    this.#pending.delete(request);
    this.#deadlines.remove(pending);
    if (this.#pending.size > 0 && !(outcome.kind === 'error' && outcome.leaving === true)) {
      const [next] = this.#pending.values();
      if (next !== undefined) this.#begin(next);
    }
    pending.settle(outcome);
  }

  #ready(outcome: InitOutcome): void {
    if (this.#init === undefined) {
      // After its time-out an init may still end; before it was asked for it may not.
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
    for (const pending of this.#pending.values()) {
      this.#deadlines.remove(pending);
      pending.settle(pending.startedAt === undefined ? { kind: 'unstarted' } : { kind: 'exit', exit });
    }
    this.#pending.clear();
  }
}

class PendingInvocation implements Expirable {
  readonly number: number;
  readonly requestId: string;
  deadline: MonotonicMs = Infinity;
  /** When it started; undefined while it waits in the sandbox behind another. */
  startedAt: MonotonicMs | undefined;
  readonly settle: (outcome: InvokeOutcome) => void;
  readonly #session: FrameSession;

  // oxlint-disable-next-line max-params -- made once per invocation: an options object would be one more allocation
  constructor(number: number, requestId: string, settle: (outcome: InvokeOutcome) => void, session: FrameSession) {
    this.number = number;
    this.requestId = requestId;
    this.settle = settle;
    this.#session = session;
  }

  expire(): void {
    this.#session.timedOut(this);
  }
}

/** A number in a frame's meta; undefined when the meta is not JSON or has none by that name. */
function readNumber(meta: Buffer, name: string): number | undefined {
  const value = readMember(meta, name);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function readErrorType(meta: Buffer): string {
  const value = readMember(meta, 'errorType');
  return typeof value === 'string' ? value : 'Runtime.Unknown';
}

function readMember(meta: Buffer, name: string): unknown {
  try {
    const parsed: unknown = JSON.parse(meta.toString('utf8'));
    return typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, name) : undefined;
  } catch {
    // Only a function that speaks the protocol by itself gets here; the frame still counts, its meta does not.
    return undefined;
  }
}
