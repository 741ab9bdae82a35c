import { inspect } from 'node:util';
import { Errors } from '@oclif/core';
import { EXIT, asLamError, isLamError, lamError, printable, toWire, type LamError } from '../../errors/index.ts';

/** How an error is shown. */
export interface ErrorStyle {
  readonly json: boolean;
  /** `LAM_DEBUG=1`: adds the chain of causes with their stacks. */
  readonly debug: boolean;
  /** The command that failed, for the hint of a usage error. */
  readonly command: string;
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
  return { stdout: '', stderr: `Error: ${error.message}\n${hint}${trail}`, exit: error.exitCode };
}

/** Exit code of an ExitError, with which oclif ends a command such as help; undefined for anything else. */
function silentExit(thrown: unknown): number | undefined {
  return thrown instanceof Errors.ExitError ? (thrown.oclif.exit ?? EXIT.ok) : undefined;
}

function toLamError(thrown: unknown, command: string): LamError {
  if (isLamError(thrown)) return thrown;
  if (thrown instanceof Errors.CLIError) {
    // Messages of oclif's parser end with a list and "See more help with --help".
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
