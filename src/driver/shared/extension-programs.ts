import { LIMITS } from '../../contract/index.ts';
import type { RuntimeApi } from '../../executor/index.ts';
import type { Clock } from '../../kit/index.ts';
import { endedWithin } from './ended-within.ts';

/** Times until programs are killed at the end of a sandbox, as on AWS (ms). */
export const END_MS = {
  /** Extensions and the code together, from SHUTDOWN. */
  all: 2000,
  /** Code from SIGTERM, without external extensions. */
  code: 500,
  /** Code from SIGTERM, beside external extensions. */
  codeBeside: 300,
} as const;

/** How long killed programs may take to end (ms). */
const KILLED_MS = 1000;
/** Exit statuses of a shell, or a relay, that could not start a program. */
const UNSTARTED: ReadonlySet<number | null> = new Set([126, 127]);

/** How a program ended; neither is set if its sandbox has ended first. */
export interface SandboxedEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A started program of an extension. */
export interface ExtensionProgram {
  readonly isEnded: boolean;
  readonly ended: Promise<SandboxedEnd>;
  kill(signal: 'SIGKILL'): void;
}

export interface ExtensionPlan {
  readonly api: RuntimeApi;
  readonly clock: Clock;
  /** Their names: those of their files. */
  readonly names: readonly string[];
  /** Starts one in the sandbox, and passes its output to the API. */
  start(name: string): Promise<ExtensionProgram>;
}

/** The external extensions of one sandbox. One that ends makes the sandbox unusable. */
export class ExtensionPrograms {
  readonly #api: RuntimeApi;
  readonly #clock: Clock;
  readonly #programs: readonly ExtensionProgram[];
  #isEnding = false;

  private constructor({ api, clock }: ExtensionPlan, programs: readonly ExtensionProgram[]) {
    this.#api = api;
    this.#clock = clock;
    this.#programs = programs;
  }

  /** Starts them; the code may start once {@link ExtensionPrograms.registered} resolves. */
  static async start(plan: ExtensionPlan): Promise<ExtensionPrograms> {
    const { names } = plan;
    const programs = await Promise.all(names.map((name) => plan.start(name)));
    const extensions = new ExtensionPrograms(plan, programs);
    for (const [at, program] of programs.entries())
      void program.ended.then((end) => extensions.#ended(names[at] ?? '', end));
    return extensions;
  }

  /** Resolves when all have registered, one has failed, all have ended, or an init may take no longer. */
  async registered(): Promise<void> {
    const all = Promise.all(this.#programs.map(({ ended }) => ended));
    await endedWithin(this.#clock, LIMITS.initMs, Promise.race([this.#api.extensions.registered, all]));
  }

  /** Sends SHUTDOWN and the last telemetry; ends those that are left `ms` later. */
  async end(ms: number): Promise<void> {
    this.#isEnding = true;
    const until = this.#clock.now() + ms;
    const all = Promise.all(this.#programs.map(({ ended }) => ended));
    await endedWithin(this.#clock, ms, this.#api.telemetry.flush());
    this.#api.extensions.shutDown(until);
    await endedWithin(this.#clock, Math.max(0, until - this.#clock.now()), all);
    for (const program of this.#programs) if (!program.isEnded) program.kill('SIGKILL');
    await endedWithin(this.#clock, KILLED_MS, all);
  }

  #ended(name: string, { code, signal }: SandboxedEnd): void {
    const isKnown = code !== null || signal !== null;
    if (this.#isEnding || !isKnown) return;
    const how = signal === null ? `exit status ${code}` : `signal ${signal}`;
    const isUnstarted = UNSTARTED.has(code) && this.#api.extensions.expects(name);
    this.#api.extensions.fail({
      errorType: isUnstarted ? 'Extension.LaunchError' : 'Extension.Crash',
      errorMessage: isUnstarted ? `Extension ${name} could not be started: ${how}` : `Extension ${name} ended: ${how}`,
    });
  }
}
