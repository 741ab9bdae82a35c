import type { InvocationContext, LogStream, Reclaimed, Digest, SandboxId } from '../../src/contract/index.ts';
import type { LamError } from '../../src/errors/index.ts';
import type {
  BoundFunction,
  CallDoor,
  EngineImages,
  Sandbox,
  SandboxDriver,
  SandboxSpec,
  VacatedPlace,
} from '../../src/driver/sandbox.ts';
import type {
  ExitStatus,
  InitOutcome,
  InitRequest,
  InvocationHooks,
  InvokeOutcome,
  Session,
  SessionHooks,
} from '../../src/executor/session.ts';
import { StreamedAnswer } from '../../src/executor/streamed-answer.ts';
import type { Clock } from '../../src/kit/index.ts';
import type { Runtime } from '../../src/runtimes/index.ts';

/** Actions of code while it handles one event. */
export interface MemoryCall {
  readonly event: Uint8Array;
  readonly context: InvocationContext;
  readonly sandbox: MemorySandbox;
  /** Its time limit (ms). */
  readonly limitMs: number;
  print(stream: LogStream, text: string): void;
  wait(ms: number): Promise<void>;
  /** Begins a streamed answer; the invocation ends with the outcome of its script. */
  stream(contentType: string): MemoryStream;
}

/** A streamed answer. */
export interface MemoryStream {
  /** Resolves when its reader takes further pieces. */
  write(piece: string | Uint8Array): Promise<void>;
  /** Whether its reader has left. */
  readonly isCancelled: boolean;
}

/** Behaviour of sandboxes. Omitted steps take no time and succeed; `never` does not end by itself. */
export interface Script {
  /** Its images; by default it has none. */
  readonly images?: EngineImages;
  /** Whether stems of this runtime can be booted; those that its descriptor says by default. */
  hasStems?(runtime: Runtime): boolean;
  /** A notice, or null; may throw as a driver does. */
  prepare?(runtime: Runtime, image: string | null): string | null;
  boot?(spec: SandboxSpec): { readonly ms: number; readonly error?: LamError } | 'never';
  /** `request` names the function; `spec` does not for a former stem. */
  init?(
    spec: SandboxSpec,
    request: InitRequest,
  ): { readonly ms: number; readonly outcome?: InitOutcome; readonly print?: string } | 'never';
  bind?(spec: SandboxSpec, artifact: Digest): { readonly ms: number; readonly error?: LamError };
  invoke?(call: MemoryCall): Promise<InvokeOutcome>;
  destroy?(spec: SandboxSpec): { readonly ms: number } | 'never';
  /** Whether it would start faster from an archive that does not exist. */
  lacksArchive?(spec: SandboxSpec): boolean;
  /** Called when it saves the archive that it records. */
  saveArchive?(spec: SandboxSpec): void;
  /** Called with the place of each sandbox that was vacated. */
  vacated?(place: MemoryPlace): void;
}

/** What is left of a sandbox in memory. */
export class MemoryPlace implements VacatedPlace {
  /** Id of the sandbox. */
  readonly of: string;
  isDiscarded = false;

  constructor(of: string) {
    this.of = of;
  }

  discard(): Promise<void> {
    this.isDiscarded = true;
    return Promise.resolve();
  }
}

/** As in the frame session. */
const RECALL_MS = 20;
const KILLED: ExitStatus = { code: null, signal: 'SIGKILL', outOfMemory: false };

/** A driver whose sandboxes are functions of this process. Fulfils the whole interface, and counts what it has. */
export class MemoryDriver implements SandboxDriver {
  readonly name = 'process';
  readonly gaps: readonly string[] = [];
  readonly images?: EngineImages;
  /** All specs of creations, in order. */
  readonly created: SandboxSpec[] = [];
  /** Sandboxes whose process is alive, by id. */
  readonly alive: Map<string, MemorySandbox> = new Map();
  readonly #clock: Clock;
  readonly #script: Script;
  /** Sandboxes whose init has not ended, with their start on the monotonic clock. */
  readonly starting: Map<string, { readonly spec: SandboxSpec; readonly since: number }> = new Map();
  readonly #boots: Set<() => void> = new Set();
  #closed = false;

  constructor(clock: Clock, script: Script = {}) {
    this.#clock = clock;
    this.#script = script;
    if (script.images !== undefined) this.images = script.images;
  }

  /** Sum of the memory limits of all existing and starting sandboxes. */
  get promisedMiB(): number {
    const ids = new Map([...this.starting].map(([id, { spec }]) => [id, spec.limits.memoryMiB]));
    for (const { id, spec } of this.alive.values()) ids.set(id, spec.limits.memoryMiB);
    return [...ids.values()].reduce((sum, memoryMiB) => sum + memoryMiB, 0);
  }

  carryCalls(door: CallDoor): Promise<string> {
    return door.listen();
  }

  async prepare(runtime: Runtime, image: string | null): Promise<string | null> {
    return Promise.resolve(this.#script.prepare?.(runtime, image) ?? null);
  }

  stemKey({ runtime, limits, network, image }: Omit<SandboxSpec, 'id'>): string | null {
    const hasStems = this.#script.hasStems?.(runtime) ?? runtime.descriptor.stems !== 'none';
    return hasStems ? JSON.stringify([runtime, limits, network, image]) : null;
  }

  removeImages(): Promise<number> {
    return Promise.resolve(0);
  }

  async create(spec: SandboxSpec, hooks: SessionHooks, promised?: Promise<VacatedPlace | undefined>): Promise<Sandbox> {
    this.starting.set(spec.id, { spec, since: this.#clock.monotonic() });
    try {
      const place = promised === undefined ? undefined : await promised;
      this.created.push(place === undefined ? spec : { ...spec, place });
      return await this.#create(spec, hooks);
    } catch (error) {
      this.starting.delete(spec.id);
      throw error;
    }
  }

  async #create(spec: SandboxSpec, hooks: SessionHooks): Promise<Sandbox> {
    const boot = this.#script.boot?.(spec) ?? { ms: 0 };
    await this.#booted(boot === 'never' ? undefined : boot.ms);
    if (boot !== 'never' && boot.error !== undefined) throw boot.error;
    if (this.#closed) throw new Error('the driver was closed while the sandbox booted');
    const sandbox = new MemorySandbox(spec, hooks, this.#clock, this.#script, () => this.starting.delete(spec.id));
    this.alive.set(spec.id, sandbox);
    void sandbox.exited.then(() => {
      this.alive.delete(spec.id);
      this.starting.delete(spec.id);
    });
    return sandbox;
  }

  /** Resolves after `ms` (undefined: never), or when the driver closes. */
  #booted(ms: number | undefined): Promise<void> {
    if (ms === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        this.#boots.delete(end);
        resolve();
      };
      const cancel = ms === undefined ? () => undefined : this.#clock.after(ms, end);
      this.#boots.add(end);
    });
  }

  reclaim(): Promise<Reclaimed> {
    return Promise.resolve({ containers: 0, processes: 0, files: 0 });
  }

  close(): Promise<void> {
    this.#closed = true;
    for (const end of this.#boots) end();
    for (const sandbox of this.alive.values()) sandbox.die(KILLED);
    return Promise.resolve();
  }
}

interface Sent {
  readonly context: InvocationContext;
  readonly event: Uint8Array;
  readonly timeoutMs: number;
  readonly hooks: InvocationHooks;
}

/** One of its sandboxes: runs as many invocations at a time as its init allows, and queues those sent ahead. */
export class MemorySandbox implements Sandbox {
  readonly id: SandboxId;
  readonly taskRoot = '/var/task';
  readonly spec: SandboxSpec;
  readonly exited: Promise<ExitStatus>;
  /** Its code; null while it is a stem. */
  boundTo: string | null;
  /** Its init request. */
  initRequest: InitRequest | undefined;
  /** Number of running invocations, and its maximum so far. */
  running = 0;
  mostRunning = 0;
  /** Whether its owner destroyed it. */
  condemned = false;
  /** Whether its owner paused its output. */
  paused = false;
  get lacksArchive(): boolean {
    return this.#script.lacksArchive?.(this.spec) ?? false;
  }

  saveArchive(): Promise<boolean> {
    this.#script.saveArchive?.(this.spec);
    return Promise.resolve(true);
  }

  readonly #hooks: SessionHooks;
  readonly #clock: Clock;
  readonly #script: Script;
  readonly #onStarted: () => void;
  readonly #session: Session = {
    interpreter: 'memory 1',
    init: (request, limitMs) => this.#init(request, limitMs).finally(this.#onStarted),
    start: (context, event, hooks) =>
      this.#start({ context, event, hooks, timeoutMs: hooks.timeoutMs ?? context.deadlineMs - this.#clock.now() }),
    exited: (status) => this.die(status),
    output: (stream, chunk) =>
      this.#say(() => this.#hooks.onLog(stream, Buffer.from(chunk).toString(), '', this.#clock.now())),
    pause: () => {
      this.paused = true;
    },
    resume: () => {
      this.paused = false;
      for (const say of this.#held.splice(0)) say();
    },
    close: () => this.die(KILLED),
  };
  readonly #exit = Promise.withResolvers<ExitStatus>();
  readonly #timers: Set<() => void> = new Set();
  readonly #pending: Set<(status: ExitStatus) => void> = new Set();
  #held: (() => void)[] = [];
  /** Sent ahead, waiting for the one that runs. */
  readonly #sent: Sent[] = [];
  /** Number of invocations that have begun. */
  #runs = 0;
  /** Whether one timed out beside others: no further invocation starts. */
  #isSpoiled = false;
  #status: ExitStatus | undefined;
  #destroying: Promise<void> | undefined;

  // oxlint-disable-next-line max-params -- made in one place
  constructor(spec: SandboxSpec, hooks: SessionHooks, clock: Clock, script: Script, onStarted: () => void) {
    this.id = spec.id;
    this.spec = spec;
    this.#hooks = hooks;
    this.#clock = clock;
    this.#script = script;
    this.#onStarted = onStarted;
    this.exited = this.#exit.promise;
    this.boundTo = spec.artifact;
  }

  get session(): Session {
    return this.#session;
  }

  get #places(): number {
    return this.initRequest?.concurrency ?? 1;
  }

  #init(request: InitRequest, limitMs: number): Promise<InitOutcome> {
    if (this.initRequest !== undefined) throw new Error('given init twice');
    this.initRequest = request;
    const plan = this.#script.init?.(this.spec, request) ?? { ms: 0 };
    const outcome: InitOutcome =
      plan === 'never' ? { kind: 'timeout' } : (plan.outcome ?? { kind: 'ready', durationMs: plan.ms });
    if (plan !== 'never' && plan.print !== undefined) this.#hooks.onLog('stdout', plan.print, '', this.#clock.now());
    return this.#orExit(
      plan === 'never' ? new Promise(() => undefined) : this.wait(plan.ms).then(() => outcome),
      limitMs,
    );
  }

  #start(one: Sent): void {
    const exit = this.#status;
    if (exit !== undefined) {
      queueMicrotask(() => one.hooks.settled({ kind: 'exit', exit }));
    } else if (this.#isSpoiled) {
      queueMicrotask(() => one.hooks.settled({ kind: 'unstarted' }));
    } else if (this.running < this.#places && this.#sent.length === 0) {
      this.#run(one);
    } else {
      this.#sent.push(one);
      const head = this.#runs;
      // Recalled if the running one is slow.
      this.#after(RECALL_MS, () => {
        const at = this.#sent.indexOf(one);
        if (at < 0 || this.#runs !== head) return;
        this.#sent.splice(at, 1);
        one.hooks.settled({ kind: 'unstarted' });
      });
    }
  }

  #run(one: Sent): void {
    const { context, event } = one;
    this.running++;
    this.#runs++;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    one.hooks.started();
    const startedAt = this.#clock.monotonic();
    const print = (stream: LogStream, text: string): void =>
      this.#say(() => this.#hooks.onLog(stream, text, context.requestId, this.#clock.now()));
    let streamed: ReturnType<typeof streamTo> | undefined;
    const stream = (contentType: string): MemoryStream => (streamed = streamTo(one.hooks, contentType)).stream;
    const wait = (ms: number): Promise<void> => this.wait(ms);
    const call: MemoryCall = { event, context, sandbox: this, limitMs: one.timeoutMs, print, stream, wait };
    const run = this.#script.invoke?.(call) ?? Promise.resolve<InvokeOutcome>({ kind: 'result', payload: event });
    void this.#orExit(run, one.timeoutMs).then((outcome) => {
      this.running--;
      const ranMs = this.#clock.monotonic() - startedAt;
      const ended = outcome.kind === 'result' || outcome.kind === 'error' ? { ...outcome, ranMs } : outcome;
      one.hooks.settled(streamed?.end(ended) ?? ended);
      // After a time-out the next one never starts.
      if (outcome.kind === 'timeout' && this.#places > 1) this.#spoil();
      const following = outcome.kind === 'timeout' || this.#status !== undefined ? undefined : this.#sent.shift();
      if (following !== undefined) this.#run(following);
    });
  }

  #spoil(): void {
    this.#isSpoiled = true;
    for (const one of this.#sent.splice(0)) one.hooks.settled({ kind: 'unstarted' });
  }

  /** Ends the process, by itself or from outside. */
  die(status: ExitStatus): void {
    if (this.#status !== undefined) return;
    this.#status = status;
    for (const cancel of this.#timers) cancel();
    for (const end of this.#pending) end(status);
    for (const one of this.#sent.splice(0)) one.hooks.settled({ kind: 'unstarted' });
    this.#exit.resolve(status);
  }

  async bind({ artifact }: BoundFunction): Promise<void> {
    if (this.boundTo !== null) throw new Error('bound twice');
    this.boundTo = artifact;
    const { ms, error } = this.#script.bind?.(this.spec, artifact) ?? { ms: 0 };
    const outcome = await this.#orExit(this.wait(ms), Infinity);
    if (outcome !== undefined || error !== undefined) throw error ?? new Error('it ended while it was bound');
  }

  peakMemoryMiB(): number {
    return 7.5;
  }

  destroy(): Promise<void> {
    this.condemned = true;
    this.#onStarted();
    const plan = this.#script.destroy?.(this.spec) ?? { ms: 0 };
    if (this.#destroying === undefined) {
      this.#destroying = this.exited.then(() => undefined);
      if (plan !== 'never' && plan.ms === 0) this.die(KILLED);
      else if (plan !== 'never' && this.#status === undefined) this.#after(plan.ms, () => this.die(KILLED));
    }
    return this.#destroying;
  }

  async vacate(): Promise<VacatedPlace> {
    await this.destroy();
    const place = new MemoryPlace(this.id);
    this.#script.vacated?.(place);
    return place;
  }

  /** Lets time pass inside the sandbox; never resolves after the process has ended. */
  wait(ms: number): Promise<void> {
    if (ms === 0) return Promise.resolve();
    return new Promise((resolve) => {
      if (this.#status === undefined) this.#after(ms, resolve);
    });
  }

  #say(say: () => void): void {
    if (this.paused) this.#held.push(say);
    else say();
  }

  #after(ms: number, run: () => void): () => void {
    const stop = this.#clock.after(ms, () => {
      this.#timers.delete(cancel);
      run();
    });
    const cancel = (): void => {
      stop();
      this.#timers.delete(cancel);
    };
    this.#timers.add(cancel);
    return cancel;
  }

  /** Result of `run`, unless the time-out passes or the process ends before. */
  #orExit<T>(run: Promise<T>, limitMs: number): Promise<T | { kind: 'exit'; exit: ExitStatus } | { kind: 'timeout' }> {
    if (this.#status !== undefined) return Promise.resolve({ kind: 'exit', exit: this.#status });
    return new Promise((resolve, reject) => {
      const cancel =
        limitMs === Infinity ? () => undefined : this.#after(Math.max(0, limitMs), () => settle({ kind: 'timeout' }));
      const exit = (status: ExitStatus): void => settle({ kind: 'exit', exit: status });
      const settle = (outcome: T | { kind: 'exit'; exit: ExitStatus } | { kind: 'timeout' }): void => {
        cancel();
        this.#pending.delete(exit);
        resolve(outcome);
      };
      this.#pending.add(exit);
      run.then(settle, reject);
    });
  }
}

/** A streamed answer whose writer waits as long as its reader is behind. */
function streamTo(
  hooks: InvocationHooks,
  contentType: string,
): { readonly stream: MemoryStream; end(outcome: InvokeOutcome): InvokeOutcome } {
  let [untaken, isCancelled, hasEnded] = [0, false, false];
  let goOn = (): void => undefined;
  const answer = new StreamedAnswer(
    hooks,
    { contentType },
    {
      taken: (bytes) => {
        untaken -= bytes;
        if (untaken === 0) goOn();
      },
      cancel: () => {
        isCancelled = true;
      },
    },
  );
  const write = (piece: string | Uint8Array): Promise<void> => {
    const bytes = Buffer.from(piece);
    if (hasEnded) return Promise.resolve();
    untaken += bytes.length;
    answer.push(bytes);
    return untaken === 0 ? Promise.resolve() : new Promise((resolve) => (goOn = resolve));
  };
  return {
    stream: {
      write,
      get isCancelled() {
        return isCancelled;
      },
    },
    end: (outcome) => {
      hasEnded = true;
      return answer.outcomeOf(outcome);
    },
  };
}
