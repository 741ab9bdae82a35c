import { lamError } from '../errors/index.ts';
import type { BuildContext } from './artifact.ts';
import type { FunctionName } from '../contract/index.ts';

/** Lines of a tool's output repeated in an error. */
const KEPT_LINES = 20;

export interface ToolCommand {
  readonly functionName: FunctionName;
  /** Program name or path; with `shell`, a command line. */
  readonly program: string;
  readonly arguments: readonly string[];
  readonly shell?: boolean;
  /** Absolute path. */
  readonly directory: string;
  /** Added to the author's own environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Name of the command in errors; default: its full text. */
  readonly title?: string;
  /** Completes 'building needs TOOL (...)'. */
  readonly why: string;
}

/**
 * Runs a tool in the author's environment; returns the lines it printed and logs each as it arrives. Throws
 * `LAM_BUILD_TOOL_MISSING`, `LAM_BUILD_FAILED` or `LAM_BUILD_CANCELLED`.
 */
export async function runTool(command: ToolCommand, context: BuildContext): Promise<readonly string[]> {
  refuseIfCancelled(command.functionName, context);
  const { execa } = await import('execa');
  const subprocess = execa(command.program, command.arguments, {
    cwd: command.directory,
    shell: command.shell ?? false,
    stdin: 'ignore',
    all: true,
    buffer: false,
    reject: false,
    preferLocal: true,
    localDir: command.directory,
    env: { ...command.environment },
    ...(context.signal === undefined ? {} : { cancelSignal: context.signal }),
  });
  const lines: string[] = [];
  try {
    for await (const line of subprocess.iterable({ from: 'all' })) {
      context.log(line);
      lines.push(line);
      if (lines.length > 1000) lines.splice(0, lines.length - KEPT_LINES);
    }
  } catch {
    // The process's result, below, explains a failed stream better.
  }
  const result = await subprocess;
  if (!result.failed) return lines;
  if (result.isCanceled) throw lamError('LAM_BUILD_CANCELLED', { function: command.functionName });
  if ((result.code === 'ENOENT' || result.code === 'EACCES') && command.shell !== true) {
    throw lamError(
      'LAM_BUILD_TOOL_MISSING',
      { function: command.functionName, tool: command.program, why: command.why },
      result,
    );
  }
  const output = lines.length === 0 ? [result.originalMessage ?? ''] : lines;
  throw lamError(
    'LAM_BUILD_FAILED',
    {
      function: command.functionName,
      command: command.title ?? [command.program, ...command.arguments].join(' '),
      exitCode: result.exitCode ?? null,
      output: output.filter((line) => line.trim() !== '').slice(-KEPT_LINES),
    },
    result,
  );
}

/** Throws `LAM_BUILD_CANCELLED` once the signal is aborted. */
export function refuseIfCancelled(functionName: FunctionName, context: Pick<BuildContext, 'signal'>): void {
  if (context.signal?.aborted === true) throw lamError('LAM_BUILD_CANCELLED', { function: functionName });
}
