import { inspect } from 'node:util';
import { Errors } from '@oclif/core';
import { EXIT, asLamError, isLamError, lamError, printable, toWire, type LamError } from '../../errors/index.ts';

/** How an error is shown. */
export interface ErrorStyle {
  readonly json: boolean;
  /** `LAM_DEBUG=1`: with the chain of causes and their stacks. */
  readonly debug: boolean;
  /** The command that failed, for the hint of a usage error. */
  readonly command: string;
}

/** What to print where, and the exit code. */
export interface RenderedError {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
}

/** Renders anything that was thrown; the one place that decides how an error looks and which code the command ends with. */
export function renderError(thrown: unknown, style: ErrorStyle): RenderedError {
  const silent = silentExit(thrown);
  if (silent !== undefined) return { stdout: '', stderr: '', exit: silent };
  const error = toLamError(thrown, style.command);
  const trail = style.debug ? causes(error) : '';
  if (style.json)
    return { stdout: `${JSON.stringify({ ok: false, error: toWire(error) })}\n`, stderr: trail, exit: error.exitCode };
  const hint = error.hint === undefined ? '' : `  hint: ${error.hint}\n`;
  return { stdout: '', stderr: `Error: ${error.message}\n${hint}${trail}`, exit: error.exitCode };
}

/** oclif ends a command by throwing; its help does so with 0. */
function silentExit(thrown: unknown): number | undefined {
  return thrown instanceof Errors.ExitError ? (thrown.oclif.exit ?? EXIT.ok) : undefined;
}

function toLamError(thrown: unknown, command: string): LamError {
  if (isLamError(thrown)) return thrown;
  if (thrown instanceof Errors.CLIError) {
    // What oclif's parser says starts with what is wrong and goes on with a list and "See more help with --help".
    const what = printable(thrown.message)
      .replace(/\nSee more help with --help$/, '')
      .replace(/^(Parsing \S+) *\n\s*/, '$1: ')
      .replaceAll(/:\s*\n\s*/g, ': ')
      .replaceAll(/\s*\n\s*/g, '; ');
    return lamError('LAM_CLI_USAGE', { what: lowerFirst(what), command: command.replaceAll(':', ' ') }, thrown);
  }
  return asLamError(thrown);
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

function causes(error: LamError): string {
  const lines: string[] = [`  code: ${error.code}`, `  ${error.stack ?? ''}`];
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
