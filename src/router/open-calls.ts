import type { CallingSandbox, SandboxId, TraceId } from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import type { Clock } from '../kit/index.ts';
import type { Occupied, PoolRevision } from '../pool/index.ts';
import type { Invocation } from './invocation.ts';
import type { InvokeRequest, InvokeSink } from './invoke.ts';

/** Interval at which queued calls are looked at (ms). */
const CHECK_MS = 100;

/** A call of one function by another, which waits for the answer. */
interface OpenCall {
  readonly caller: CallingSandbox;
  readonly sink: InvokeSink;
  /** Tells the invocations apart that call from one sandbox; undefined if the caller named none. */
  readonly traceId: TraceId | undefined;
  /** What it is told instead of being cancelled. */
  isStuck: boolean;
  /** Set before it begins. */
  invocation: Invocation | undefined;
}

/**
 * The calls between functions that are under way. Functions at their concurrency limit that wait for one another would
 * wait until their deadlines: such a circle is refused, at the call that was queued last.
 */
export class OpenCalls {
  readonly #clock: Clock;
  readonly #waitedFor: (revision: PoolRevision) => readonly Occupied[] | undefined;
  readonly #byCaller = new Map<SandboxId, Set<OpenCall>>();
  #count = 0;
  #stopChecks: (() => void) | undefined;

  /** `waitedFor`: returns the sandboxes that a queued request of a version waits for; undefined if another may start. */
  constructor(clock: Clock, waitedFor: (revision: PoolRevision) => readonly Occupied[] | undefined) {
    this.#clock = clock;
    this.#waitedFor = waitedFor;
  }

  /** Adds a call until its sink is answered, through the sink of the result. */
  open(caller: CallingSandbox, sink: InvokeSink, { name, traceId }: Pick<InvokeRequest, 'name' | 'traceId'>): OpenCall {
    const call: OpenCall = {
      caller,
      traceId,
      isStuck: false,
      invocation: undefined,
      sink: {
        ...(sink.streamed === undefined
          ? {}
          : { streamed: (stream, control) => sink.streamed?.(stream, control) ?? { piece: () => true } }),
        answered: (answer) => {
          this.#close(call);
          sink.answered(answer);
        },
        failed: (error) => {
          this.#close(call);
          const { functionName } = caller;
          sink.failed(call.isStuck ? lamError('LAM_ROUTER_CALLS_STUCK', { name, caller: functionName }) : error);
        },
      },
    };
    const calls = this.#byCaller.get(caller.sandbox) ?? new Set();
    calls.add(call);
    this.#byCaller.set(caller.sandbox, calls);
    this.#count++;
    this.#stopChecks ??= this.#clock.every(CHECK_MS, () => this.#check());
    return call;
  }

  #close(call: OpenCall): void {
    const calls = this.#byCaller.get(call.caller.sandbox);
    if (calls?.delete(call) !== true) return;
    if (calls.size === 0) this.#byCaller.delete(call.caller.sandbox);
    this.#count--;
    if (this.#count > 0) return;
    this.#stopChecks?.();
    this.#stopChecks = undefined;
  }

  /** Refuses the newest call of each circle; then the others go on. */
  #check(): void {
    const queued = [...this.#byCaller.values()]
      .flatMap((calls) => [...calls])
      .filter(({ invocation }) => invocation?.queuedFor !== undefined)
      .toSorted((a, b) => (b.invocation?.since ?? 0) - (a.invocation?.since ?? 0));
    for (const call of queued) {
      if (this.#canEnd(call, new Set())) continue;
      call.isStuck = true;
      call.invocation?.cancel();
      // What waited for it may go on now; the rest is decided at the next check.
      return;
    }
  }

  /** Whether anything can end that a call waits for, so that it can end, too. `seen`: sandboxes looked at. */
  #canEnd({ invocation }: OpenCall, seen: Set<SandboxId>): boolean {
    const queuedFor = invocation?.queuedFor;
    if (queuedFor !== undefined) {
      const occupied = this.#waitedFor(queuedFor);
      return occupied === undefined || occupied.some((sandbox) => this.#canFree(sandbox, seen));
    }
    const acquired = invocation?.acquired;
    if (acquired === undefined) return true;
    // Which of several waits for which call is not known: only a sandbox that is full of callers is stuck.
    return this.#canFree(
      { id: acquired.id, running: acquired.soleCaller === undefined ? acquired.revision.config.concurrency : 1 },
      seen,
    );
  }

  /** Whether an invocation in a sandbox can end: one that waits for no call, or for one that can end. */
  #canFree({ id, running }: Occupied, seen: Set<SandboxId>): boolean {
    if (seen.has(id)) return false;
    seen.add(id);
    const calls = [...(this.#byCaller.get(id) ?? [])];
    const named = new Set(calls.flatMap(({ traceId }) => traceId ?? []));
    const callers = named.size + calls.filter(({ traceId }) => traceId === undefined).length;
    return callers < running || calls.some((call) => this.#canEnd(call, seen));
  }
}
