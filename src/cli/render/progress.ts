import { eachLimited } from '../../kit/index.ts';
import type { Output } from '../output.ts';

/** One of several tasks that run at the same time. */
export interface Work<T> {
  /** Prefix of its lines. */
  readonly name: string;
  readonly title: string;
  /** `say` prints a line of progress. */
  run(say: (line: string) => void): Promise<T>;
  /** The result as a line of progress. */
  done(result: T): string;
}

export type Settled<T> =
  | { readonly ok: true; readonly value: T; readonly ms: number }
  | { readonly ok: false; readonly error: unknown; readonly ms: number };

/** How many run at once; more would only slow each other down on a small machine. */
const TOGETHER = 4;

/**
 * Runs all tasks, a few at a time, and shows progress on stderr: redrawn lines on a terminal, plain ones elsewhere,
 * none with `--json`. Resolves with all outcomes in the order given; never rejects.
 */
export async function runTogether<T>(work: readonly Work<T>[], out: Output): Promise<readonly Settled<T>[]> {
  const settled: Settled<T>[] = [];
  const settle = async (index: number, item: Work<T>, say: (line: string) => void): Promise<Settled<T>> => {
    const start = performance.now();
    try {
      const value = await item.run(say);
      return (settled[index] = { ok: true, value, ms: performance.now() - start });
    } catch (error) {
      return (settled[index] = { ok: false, error, ms: performance.now() - start });
    }
  };
  await (out.animated ? drawn(work, settle) : plain(work, settle, out));
  return settled;
}

type Settle<T> = (index: number, item: Work<T>, say: (line: string) => void) => Promise<Settled<T>>;

async function drawn<T>(work: readonly Work<T>[], settle: Settle<T>): Promise<void> {
  const { DefaultRenderer, Listr, ListrLogger, ProcessOutput } = await import('listr2');
  /** listr2 checks stdout before it redraws; progress is printed on stderr, which is known to be a terminal. */
  class OnStderr extends DefaultRenderer {
    static override readonly nonTTY: boolean = true;
  }
  const tasks = work.map((item, index) => ({
    title: item.title,
    task: async (_: unknown, task: { title?: string | undefined; output: string | undefined }): Promise<void> => {
      const outcome = await settle(index, item, (line) => (task.output = line));
      if (!outcome.ok) throw outcome.error;
      task.title = item.done(outcome.value);
    },
  }));
  const logger = new ListrLogger({ processOutput: new ProcessOutput(process.stderr, process.stderr) });
  const options = { renderer: OnStderr, concurrent: TOGETHER, exitOnError: false, registerSignalListeners: false };
  await new Listr(tasks, { ...options, rendererOptions: { logger, showErrorMessage: false } } as object).run();
}

async function plain<T>(work: readonly Work<T>[], settle: Settle<T>, out: Output): Promise<void> {
  const indent = (name: string): string => (work.length === 1 ? '  ' : `  ${name}: `);
  await eachLimited(work.entries(), TOGETHER, async ([index, item]) => {
    out.note(item.title);
    await settle(index, item, (line) => out.note(indent(item.name) + line));
  });
}
