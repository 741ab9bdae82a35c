import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join, basename } from 'node:path';
import { lamError, type LamError } from '../errors/index.ts';
import { supplyWords, toolchainOf } from '../runtimes/index.ts';
import type { BuildContainer, BuildContext } from './artifact.ts';
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
  /** Returns whether a line is for lam alone: such lines are neither logged nor repeated in errors. */
  readonly takes?: (line: string) => boolean;
}

/** Whether `program`, a name on PATH or an absolute path, can be executed. */
export async function isToolPresent(program: string): Promise<boolean> {
  const folders = isAbsolute(program) ? [''] : (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  for (const folder of folders) {
    const isThere = await access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return true;
  }
  return false;
}

/** Throws `LAM_BUILD_TOOL_MISSING` unless a tool can be executed. */
export async function requireTool(needed: Pick<ToolCommand, 'functionName' | 'program' | 'why'>): Promise<void> {
  if (!(await isToolPresent(needed.program))) throw toolMissing({ ...needed, program: basename(needed.program) });
}

/**
 * Runs a tool in the author's environment, as a step; returns the lines it printed and logs each as it arrives. Throws
 * `LAM_BUILD_TOOL_MISSING`, `LAM_BUILD_FAILED` or `LAM_BUILD_CANCELLED`.
 */
export async function runTool(command: ToolCommand, context: BuildContext): Promise<readonly string[]> {
  refuseIfCancelled(command.functionName, context);
  const title = command.title ?? [command.program, ...command.arguments].join(' ');
  context.step(title);
  const { execa } = await import('execa');
  const started = context.container === undefined ? command : within(context.container, command);
  const subprocess = execa(started.program, started.arguments, {
    cwd: command.directory,
    shell: started.shell ?? false,
    stdin: 'ignore',
    all: true,
    buffer: false,
    reject: false,
    preferLocal: true,
    localDir: command.directory,
    env: { ...started.environment },
    ...(context.signal === undefined ? {} : { cancelSignal: context.signal }),
  });
  const lines = await linesOf(subprocess.iterable({ from: 'all' }), command, context);
  const result = await subprocess;
  if (!result.failed) return lines;
  if (result.isCanceled) throw lamError('LAM_BUILD_CANCELLED', { function: command.functionName });
  if (context.container !== undefined) refuseContainer(command, context.container, { result, lines });
  if ((result.code === 'ENOENT' || result.code === 'EACCES') && command.shell !== true) {
    throw toolMissing(command, result);
  }
  const output = lines.length === 0 ? [result.originalMessage ?? ''] : lines;
  throw lamError(
    'LAM_BUILD_FAILED',
    {
      function: command.functionName,
      command: title,
      exitCode: result.exitCode ?? null,
      output: output.filter((line) => line.trim() !== '').slice(-KEPT_LINES),
    },
    result,
  );
}

/** The command by which the engine runs `command` in a container. */
function within({ arguments: run, image, prefix }: BuildContainer, command: ToolCommand): ToolCommand {
  const { program, directory, environment = {}, shell, ...rest } = command;
  const variables = Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const tool = shell === true ? ['sh', '-c', program] : [program, ...rest.arguments];
  const words = [...run, '--workdir', directory, ...variables, image, ...prefix, ...tool];
  return { ...rest, program: 'docker', directory, arguments: words };
}

/** Throws what kept the engine from running a command; returns if the command itself failed. */
function refuseContainer(
  { functionName, program, shell }: ToolCommand,
  { title }: BuildContainer,
  {
    result,
    lines,
  }: {
    readonly result: { readonly code?: string | undefined; readonly exitCode?: number | undefined };
    readonly lines: readonly string[];
  },
): void {
  const reason = lines.findLast((line) => line.trim() !== '') ?? 'there is no docker on the PATH';
  // Docker's manual, "docker run", exit status: 125 is the engine's own, 127 a program that is not there.
  if (result.code === 'ENOENT' || result.exitCode === 125)
    throw lamError('LAM_BUILD_NO_CONTAINER', { function: functionName, reason }, result);
  if (result.exitCode === 127 && shell !== true)
    throw lamError('LAM_BUILD_CONTAINER_LACKS', { function: functionName, tool: program, image: title }, result);
}

/** Logs the lines of a tool and returns the last of them. Never rejects: the process's result explains a failed stream better. */
async function linesOf(
  printed: AsyncIterable<string>,
  { takes }: ToolCommand,
  { log }: BuildContext,
): Promise<readonly string[]> {
  const lines: string[] = [];
  try {
    for await (const line of printed) {
      if (takes?.(line) === true) continue;
      log(line);
      lines.push(line);
      if (lines.length > 1000) lines.splice(0, lines.length - KEPT_LINES);
    }
  } catch {
    // See above.
  }
  return lines;
}

/** The error of a tool that this machine lacks, with the package that has it where a descriptor says so. */
function toolMissing(
  { functionName, program, why }: Pick<ToolCommand, 'functionName' | 'program' | 'why'>,
  cause?: unknown,
): LamError {
  const toolchain = toolchainOf(program);
  const had =
    toolchain === undefined
      ? {}
      : { ...supplyWords(toolchain.supply), ...(toolchain.wantedFor === null ? { isNeeded: true } : {}) };
  return lamError('LAM_BUILD_TOOL_MISSING', { function: functionName, tool: program, why, ...had }, cause);
}

/** Throws `LAM_BUILD_CANCELLED` once the signal is aborted. */
export function refuseIfCancelled(functionName: FunctionName, context: Pick<BuildContext, 'signal'>): void {
  if (context.signal?.aborted === true) throw lamError('LAM_BUILD_CANCELLED', { function: functionName });
}
