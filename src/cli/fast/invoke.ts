import { resolve } from 'node:path';
import { isatty } from 'node:tty';
import { exchange } from '../../client/raw-http.ts';
import { homeFrom, socketPath } from '../../contract/home.ts';
import { INVOKE, TIMED_OUT } from '../../contract/invoke-api.ts';
import { parseReference, type FunctionReference } from '../../contract/names.ts';
import { EXIT } from '../../errors/kinds.ts';
import { printable } from '../../errors/printable.ts';
import type { FastFailure } from '../installation.ts';
import { GLOBAL_FLAGS, INVOKE_FLAGS, parseArgv, type FlagValues } from './flag-table.ts';
import { readPayload } from './payload.ts';
import { writeAll } from './write.ts';

const TABLE = { ...GLOBAL_FLAGS, ...INVOKE_FLAGS } as const;

export type InvokeFlags = FlagValues<typeof TABLE>;

/** Everything needed to send an invoke. */
export interface InvokePlan {
  readonly socketPath: string;
  readonly reference: FunctionReference;
  readonly flags: InvokeFlags;
}

/** Outcome of an invoke: an answer of the function, possibly an error, or the reason for none. */
export type FastInvokeOutcome =
  | { readonly kind: 'answered'; readonly answer: FastInvokeAnswer }
  /** No daemon listens; nothing was sent, and standard input was not read. */
  | { readonly kind: 'no-daemon' }
  | FastFailure;

/** The function's answer. */
export interface FastInvokeAnswer {
  readonly status: number;
  readonly version: string | undefined;
  readonly requestId: string | undefined;
  /** AWS's `X-Amz-Function-Error`; undefined when the function succeeded. */
  readonly functionError: string | undefined;
  /** End of the log of the invocation, if requested. */
  readonly log: string | undefined;
  readonly payload: Buffer;
}

/** Plans the common forms of `lam invoke`; undefined for a command line that needs the full command. */
export function planInvoke(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): InvokePlan | undefined {
  const parsed = parseArgv(TABLE, argv, env);
  if (parsed?.args.length !== 1 || parsed.flags.json === true) return undefined;
  if (parsed.flags.data !== undefined && parsed.flags.event !== undefined) return undefined;
  const reference = parseReference(parsed.args[0] ?? '');
  if (reference === undefined) return undefined;
  const home = parsed.flags.home === undefined ? homeFrom(env) : resolve(parsed.flags.home);
  return { socketPath: socketPath(home), reference, flags: parsed.flags };
}

/** Whether to request the log: the value of the flag; by default only on a terminal. */
function wantsLog(flags: InvokeFlags): boolean {
  return flags.logs ?? (isatty(1) && isatty(2));
}

/** Sends the event and waits for the answer. Does not reject for network errors and refusals. */
export async function invoke(plan: InvokePlan): Promise<FastInvokeOutcome> {
  const { flags, reference } = plan;
  let early: FastFailure | undefined;
  const answer = await exchange(plan.socketPath, () => {
    const cwd = resolve(flags.cwd ?? '.');
    const payload = readPayload({ data: flags.data, event: flags.event, resolve: (file) => resolve(cwd, file) });
    if (!('bytes' in payload)) {
      early = payload;
      return undefined;
    }
    return {
      method: 'POST',
      path:
        INVOKE.path(reference.name) +
        (reference.qualifier === undefined ? '' : `?Qualifier=${encodeURIComponent(reference.qualifier)}`),
      headers: { 'content-type': 'application/json', ...(wantsLog(flags) ? { [INVOKE.logType]: 'Tail' } : {}) },
      body: payload.bytes,
    };
  });
  if (early !== undefined) return early;
  if ('failure' in answer)
    return answer.failure === 'unreachable' ? { kind: 'no-daemon' } : { kind: 'lost', what: answer.what };
  const { status, headers, body } = answer;
  if (status >= 300)
    return {
      kind: 'refused',
      status,
      header: headers[INVOKE.lamError],
      type: headers[INVOKE.errorType],
      body: body.toString(),
    };
  const tail = headers[INVOKE.logResult];
  return {
    kind: 'answered',
    answer: {
      status,
      version: headers[INVOKE.executedVersion],
      requestId: headers[INVOKE.requestId],
      functionError: headers[INVOKE.functionError],
      log: tail === undefined ? undefined : Buffer.from(tail, 'base64').toString(),
      payload: body,
    },
  };
}

/**
 * Prints the payload byte for byte on stdout (plus a line break on a terminal), everything else on stderr. Returns the
 * exit code.
 */
export function printAnswer(answer: FastInvokeAnswer, flags: InvokeFlags): number {
  if (answer.log !== undefined) writeAll(2, withFinalBreak(printable(answer.log)));
  if (flags.include === true) writeAll(2, about(answer));
  writeAll(1, answer.payload);
  if (answer.payload.length > 0 && isatty(1)) writeAll(1, '\n');
  const { exit, line } = verdict(answer, flags);
  if (line !== '') writeAll(2, `${line}\n`);
  return exit;
}

/** Text of `--include`: one line per fact, the function error only if there is one. */
export function about(answer: FastInvokeAnswer): string {
  const { status, version = '-', requestId = '-', functionError } = answer;
  const error = functionError === undefined ? '' : `function error: ${printable(functionError)}\n`;
  return `status: ${status}\nversion: ${version}\nrequest id: ${requestId}\n${error}`;
}

/** Exit code (5 the function failed, 6 it timed out; 0 with `--no-fail`), and the line about the failure. */
export function verdict(
  answer: FastInvokeAnswer,
  flags: InvokeFlags,
): { readonly exit: number; readonly line: string } {
  if (answer.functionError === undefined) return { exit: EXIT.ok, line: '' };
  const { errorType, errorMessage } = errorDocument(answer.payload);
  const timedOut = errorType === TIMED_OUT;
  const line =
    (timedOut ? 'the function timed out' : `the function failed: ${errorType}`) +
    (errorMessage === '' ? '' : `: ${errorMessage}`);
  if (flags['no-fail'] === true) return { exit: EXIT.ok, line };
  return { exit: timedOut ? EXIT.functionTimeout : EXIT.functionError, line };
}

/** Error type and message of a failed function, one line each. The document is untrusted: it may have any form. */
function errorDocument(body: Buffer): { errorType: string; errorMessage: string } {
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch {
    // Not an error document; the payload is on stdout in any case.
  }
  const part = (name: string): string => {
    const text = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
    return typeof text === 'string' ? printable(text.split('\n')[0] ?? '').slice(0, 500) : '';
  };
  return { errorType: part('errorType') || 'Error', errorMessage: part('errorMessage') };
}

function withFinalBreak(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
