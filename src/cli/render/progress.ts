import { eachLimited } from '../../kit/index.ts';
import { writeAll } from '../fast/write.ts';
import type { Output } from '../output.ts';

/** What a task says while it runs. */
export interface WorkProgress {
  /** Shows a line about what the task does now. */
  readonly say: (line: string) => void;
  /** Shows a line that a tool printed: on a terminal until the next line, elsewhere only if `verbose`. */
  readonly tool: (line: string) => void;
}

/** One of several tasks that run at the same time. */
export interface Work<T> {
  /** Prefix of its lines. */
  readonly name: string;
  readonly title: string;
  run(progress: WorkProgress): Promise<T>;
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
 * none with `--json`. `verbose`: keeps all lines, those of tools too. Resolves with all outcomes in the order given; never
 * rejects.
 */
export async function runTogether<T>(
  work: readonly Work<T>[],
  out: Output,
  { verbose }: { readonly verbose: boolean },
): Promise<readonly Settled<T>[]> {
  const settled: Settled<T>[] = [];
  const settle = async (index: number, item: Work<T>, progress: WorkProgress): Promise<Settled<T>> => {
    const start = performance.now();
    try {
      const value = await item.run(progress);
      return (settled[index] = { ok: true, value, ms: performance.now() - start });
    } catch (error) {
      return (settled[index] = { ok: false, error, ms: performance.now() - start });
    }
  };
  await (out.animated && !verbose ? drawn(work, settle) : plain(work, settle, { out, verbose }));
  return settled;
}

type Settle<T> = (index: number, item: Work<T>, progress: WorkProgress) => Promise<Settled<T>>;

async function drawn<T>(work: readonly Work<T>[], settle: Settle<T>): Promise<void> {
  const { DefaultRenderer, Listr, ListrLogger, ProcessOutput } = await import('listr2');
  /** listr2 checks stdout before it redraws; progress is printed on stderr, which is known to be a terminal. */
  class OnStderr extends DefaultRenderer {
    static override readonly nonTTY: boolean = true;
  }
  const tasks = work.map((item, index) => ({
    title: item.title,
    task: async (_: unknown, task: { title?: string | undefined; output: string | undefined }): Promise<void> => {
      const show = (line: string): void => {
        task.output = line;
      };
      const outcome = await settle(index, item, { say: show, tool: show });
      if (!outcome.ok) throw outcome.error;
      task.title = item.done(outcome.value);
    },
  }));
  // While lines are redrawn the cursor is hidden, and a process that is interrupted does not come to their end.
  const showCursor = (): unknown => writeAll(2, '\u001B[?25h');
  process.once('exit', showCursor);
  const logger = new ListrLogger({ processOutput: new ProcessOutput(process.stderr, process.stderr) });
  const options = { renderer: OnStderr, concurrent: TOGETHER, exitOnError: false, registerSignalListeners: false };
  await new Listr(tasks, { ...options, rendererOptions: { logger, showErrorMessage: false } } as object).run();
  process.off('exit', showCursor);
}

async function plain<T>(
  work: readonly Work<T>[],
  settle: Settle<T>,
  { out, verbose }: { readonly out: Output; readonly verbose: boolean },
): Promise<void> {
  const indent = (name: string): string => (work.length === 1 ? '  ' : `  ${name}: `);
  await eachLimited(work.entries(), TOGETHER, async ([index, item]) => {
    out.note(item.title);
    const say = (line: string): void => out.note(indent(item.name) + line);
    await settle(index, item, { say, tool: verbose ? (line) => say(`  ${line}`) : () => undefined });
  });
}
