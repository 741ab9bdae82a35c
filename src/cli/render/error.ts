import { inspect } from 'node:util';
import { Errors } from '@oclif/core';
import { isOutputError } from '../fast/write.ts';
import { EXIT, asLamError, isLamError, lamError, toWire, type LamError } from '../../errors/index.ts';
import { renderLoadFailure } from './load-failure.ts';
import { usageFault } from './usage-error.ts';

/** How an error is shown. */
export interface ErrorStyle {
  readonly json: boolean;
  /** `LAM_DEBUG=1`: adds the chain of causes with their stacks. */
  readonly debug: boolean;
  /** The command that failed, for the hint of a usage error. */
  readonly command: string;
  /** Whether stderr is a terminal that allows colours. */
  readonly colored?: boolean;
}

/** Text for stdout and stderr, and the exit code. */
export interface RenderedError {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
}

/** Renders a thrown value; the only place that decides the text of an error and the exit code. */
export function renderError(thrown: unknown, style: ErrorStyle): RenderedError {
  const silent = silentExit(thrown);
  if (silent !== undefined) return { stdout: '', stderr: '', exit: silent };
  const error = toLamError(thrown, style.command);
  const trail = style.debug ? causes(error) : '';
  if (style.json)
    return { stdout: `${JSON.stringify({ ok: false, error: toWire(error) })}\n`, stderr: trail, exit: error.exitCode };
  const hint = error.hint === undefined ? '' : `  hint: ${error.hint}\n`;
  const code = style.colored === true ? `\u001B[2mcode: ${error.code}\u001B[22m` : `code: ${error.code}`;
  const about = `${renderLoadFailure(error)}${hint}  ${code}\n${trail}`;
  return { stdout: '', stderr: `Error: ${error.message}\n${about}`, exit: error.exitCode };
}

/** Exit code of an ExitError, with which oclif ends a command such as help; undefined for anything else. */
function silentExit(thrown: unknown): number | undefined {
  return thrown instanceof Errors.ExitError ? (thrown.oclif.exit ?? EXIT.ok) : undefined;
}

function toLamError(thrown: unknown, command: string): LamError {
  if (isLamError(thrown)) return thrown;
  if (isOutputError(thrown)) return lamError('LAM_CLI_OUTPUT_FAILED', { what: thrown.message }, thrown);
  if (thrown instanceof Errors.CLIError)
    return lamError(
      'LAM_CLI_USAGE',
      { what: usageFault(thrown, command), command: command.replaceAll(':', ' ') },
      thrown,
    );
  return asLamError(thrown);
}

function causes(error: LamError): string {
  const lines: string[] = [`  ${error.stack ?? ''}`];
  for (
    let cause: unknown = error.cause;
    cause !== undefined && lines.length < 20;
    cause = (cause as { cause?: unknown }).cause
  ) {
    lines.push(`  caused by: ${cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause)}`);
    if (typeof cause !== 'object' || cause === null) break;
  }
  return `${lines.join('\n')}\n`;
}
