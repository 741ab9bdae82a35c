import {
  encodeFrame,
  encodeLog,
  FRAME,
  LOG_STDERR,
  type FrameSink,
  type InitRequest,
  type InvocationContext,
} from '../../executor/frames.ts';
import { leave, type DaemonConnection } from '../shared/channel.ts';
import type { ProgramAnswer } from './answer.ts';
import { LoadFault, type ProgramHost } from './host.ts';
import { ProgramRun } from './run.ts';

/** Exit code after an init that failed, as of AWS's runtimes. */
const INIT_ERROR = 1;

/** An invocation as the daemon sent it. */
interface Sent {
  readonly request: number;
  readonly meta: Buffer;
  readonly body: Buffer;
}

/** Speaks the frame protocol for a program that is started once per invocation. */
export class ProgramClient implements FrameSink {
  readonly #connection: DaemonConnection;
  readonly #host: ProgramHost;
  #init: InitRequest | undefined;
  /** The environment of all runs. */
  #environment: Readonly<Record<string, string>> = {};
  #running = 0;
  #places = 1;
  /** Invocations beyond that number; each starts when a running one has answered. */
  readonly #waiting: Sent[] = [];

  constructor(connection: DaemonConnection, host: ProgramHost) {
    this.#connection = connection;
    this.#host = host;
  }

  /** Sends HELLO. */
  start(token: string): void {
    this.#send(FRAME.hello, 0, JSON.stringify({ token, pid: process.pid, runtime: this.#host.title }));
  }

  onFrame(type: number, request: number, meta: Buffer, body: Buffer): void {
    if (type === FRAME.invoke) this.#accept(request, meta, body);
    else if (type === FRAME.recall) this.#giveBack(request);
    else if (type === FRAME.init) void this.#initialize(JSON.parse(meta.toString('utf8')));
    else if (type === FRAME.shutdown) this.end(() => process.exit(0));
    else if (type !== FRAME.cache) this.end(leave);
  }

  onGarbage(): void {
    this.end(leave);
  }

  /** Ends the programs, then this process. */
  end(exit: () => never): never {
    this.#host.close();
    return exit();
  }

  async #initialize(init: InitRequest): Promise<void> {
    const began = performance.now();
    this.#init = init;
    this.#places = init.concurrency;
    this.#environment = {
      ...(process.env as Record<string, string>),
      ...init.environment,
      LAMBDA_TASK_ROOT: init.taskRoot,
      PWD: init.taskRoot,
    };
    try {
      await this.#host.load(init);
    } catch (thrown) {
      const [errorType, errorMessage] =
        thrown instanceof LoadFault ? [thrown.errorType, thrown.message] : ['Runtime.Unknown', String(thrown)];
      this.#log(0, errorMessage);
      this.#send(FRAME.initError, 0, JSON.stringify({ errorType }), JSON.stringify({ errorType, errorMessage }));
      this.end(() => process.exit(INIT_ERROR));
    }
    this.#send(FRAME.ready, 0, JSON.stringify({ durationMs: performance.now() - began }));
  }

  #accept(request: number, meta: Buffer, body: Buffer): void {
    const isWaiting = this.#running >= this.#places || this.#waiting.length > 0;
    // Copied, because the read buffer is reused.
    if (isWaiting) this.#waiting.push({ request, meta: Buffer.from(meta), body: Buffer.from(body) });
    else this.#run({ request, meta, body });
  }

  /** Returns an invocation that has not started, to be run elsewhere; no reply means that it has started. */
  #giveBack(request: number): void {
    const at = this.#waiting.findIndex((waiting) => waiting.request === request);
    if (at === -1) return;
    this.#waiting.splice(at, 1);
    this.#send(FRAME.unstarted, request, '');
  }

  #run({ request, meta, body }: Sent): void {
    if (this.#init === undefined) return this.end(leave);
    const invocation: InvocationContext = JSON.parse(meta.toString('utf8'));
    const began = performance.now();
    this.#running += 1;
    const run = new ProgramRun({
      log: (text) => this.#log(request, text),
      done: (answer) => this.#answer(request, performance.now() - began, answer),
      form: invocation.verbatim === true ? 'verbatim' : invocation.http === true ? 'http' : 'plain',
    });
    const environment = { ...this.#environment, ...contextVariables(invocation) };
    run.stop = this.#host.run({ event: body, environment }, run);
  }

  #answer(request: number, ranMs: number, answer: ProgramAnswer): void {
    this.#running -= 1;
    if (answer.kind === 'result') this.#send(FRAME.result, request, ranMs.toFixed(3), answer.payload);
    else if (answer.kind === 'too-large')
      this.#send(FRAME.result, request, JSON.stringify({ ranMs, tooLarge: answer.bytes }));
    else {
      this.#log(request, answer.log);
      this.#send(FRAME.error, request, JSON.stringify({ errorType: answer.errorType, ranMs }), answer.document);
    }
    const next = this.#waiting.shift();
    if (next !== undefined) this.#run(next);
  }

  #log(request: number, text: string): void {
    this.#connection.send(encodeLog(request, LOG_STDERR, Date.now(), text));
  }

  // oxlint-disable-next-line max-params -- the parts of one frame
  #send(type: number, request: number, meta: string, body?: Buffer | string): void {
    this.#connection.send(encodeFrame(type, request, meta, body));
  }
}

/** The variables that tell a program about its invocation. */
function contextVariables(invocation: InvocationContext): Readonly<Record<string, string>> {
  return {
    LAM_REQUEST_ID: invocation.requestId,
    LAM_DEADLINE_MS: String(invocation.deadlineMs),
    LAM_FUNCTION_ARN: invocation.functionArn,
    _X_AMZN_TRACE_ID: invocation.traceId,
    ...(invocation.clientContext === undefined ? {} : { LAM_CLIENT_CONTEXT: invocation.clientContext }),
  };
}
