import { resolve } from 'node:path';
import { isatty } from 'node:tty';
import { exchange, type RawAnswer, type RawRequest } from '../../client/raw-http.ts';
import { homeFrom, isOwnSocket, socketPath } from '../../contract/home.ts';
import { INVOKE, TIMED_OUT } from '../../contract/invoke-api.ts';
import { parseReference, type FunctionReference } from '../../contract/names.ts';
import { EXIT } from '../../errors/kinds.ts';
import { printable } from '../../errors/printable.ts';
import type { FastFailure } from '../installation.ts';
import { GLOBAL_FLAGS, INVOKE_FLAGS, parseArgv, type FlagValues } from './flag-table.ts';
import { readPayload } from './payload.ts';
import { PrintedStream } from './printed-stream.ts';
import { writeAll } from './write.ts';

/** `X-Amz-Function-Error` of every function that failed. */
const FUNCTION_ERROR = 'Unhandled';

const TABLE = { ...GLOBAL_FLAGS, ...INVOKE_FLAGS } as const;

export type InvokeFlags = FlagValues<typeof TABLE>;

/** Everything needed to send an invoke. */
export interface InvokePlan {
  readonly socketPath: string;
  readonly reference: FunctionReference;
  readonly flags: InvokeFlags;
  /** With `--async`: earliest start (milliseconds since the epoch). */
  readonly notBefore?: number;
}

/** Outcome of an invoke: an answer of the function, possibly an error, or the reason for none. */
export type FastInvokeOutcome =
  | { readonly kind: 'answered'; readonly answer: FastInvokeAnswer }
  /** No daemon listens; nothing was sent, and standard input was not read. */
  | { readonly kind: 'no-daemon' }
  /** The reader of stdout closed it in the middle of a streamed answer. */
  | { readonly kind: 'unread' }
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
  /** Its payload; of a streamed answer nothing, or the error document. */
  readonly payload: Buffer;
  /** Bytes of a streamed answer that are on stdout already. */
  readonly printedBytes: number;
}

/** Plans the common forms of `lam invoke`; undefined for a command line that needs the full command. */
export function planInvoke(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): InvokePlan | undefined {
  const parsed = parseArgv(TABLE, argv, env);
  if (parsed?.args.length !== 1 || parsed.flags.json === true) return undefined;
  if (parsed.flags.data !== undefined && parsed.flags.event !== undefined) return undefined;
  if (parsed.flags.in !== undefined || parsed.flags.at !== undefined) return undefined;
  const reference = parseReference(parsed.args[0] ?? '');
  if (reference === undefined) return undefined;
  const home = parsed.flags.home === undefined ? homeFrom(env) : resolve(parsed.flags.home);
  return isOwnSocket(home) ? { socketPath: socketPath(home), reference, flags: parsed.flags } : undefined;
}

/** Whether to request the log: the value of the flag; by default only on a terminal. */
function wantsLog(flags: InvokeFlags): boolean {
  return flags.logs ?? (isatty(1) && isatty(2));
}

/**
 * Sends the event and waits for the answer; unless `--json` is among the flags, prints a streamed one on stdout while it
 * arrives. Does not reject for network errors and refusals.
 */
export async function invoke(plan: InvokePlan): Promise<FastInvokeOutcome> {
  const { flags, reference } = plan;
  let early: FastFailure | undefined;
  const stream = flags.json === true ? undefined : new PrintedStream();
  const request = (): RawRequest | undefined => {
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
      headers: {
        'content-type': 'application/json',
        ...(stream === undefined ? {} : { accept: INVOKE.events }),
        ...(wantsLog(flags) ? { [INVOKE.logType]: 'Tail' } : {}),
        ...asyncHeaders(plan),
      },
      body: payload.bytes,
    };
  };
  const answer = await exchange(plan.socketPath, request, stream);
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
  if (stream?.isTaken === true) return streamedOutcome(answer, stream);
  const functionError = headers[INVOKE.functionError];
  const how = { functionError, log: headers[INVOKE.logResult], payload: body, printedBytes: 0 };
  return { kind: 'answered', answer: answered(answer, how) };
}

function asyncHeaders({ flags, notBefore }: InvokePlan): Record<string, string> {
  if (flags.async !== true) return {};
  return {
    [INVOKE.invocationType]: 'Event',
    ...(notBefore === undefined ? {} : { [INVOKE.notBefore]: `${notBefore}` }),
  };
}

/** Outcome of an invoke whose streamed answer has ended, or was left. */
function streamedOutcome(answer: RawAnswer, { end, bytes, isReaderGone }: PrintedStream): FastInvokeOutcome {
  if (isReaderGone) return { kind: 'unread' };
  if (end === undefined) return { kind: 'lost', what: 'the answer was cut off' };
  const functionError = end.ErrorCode === undefined ? undefined : FUNCTION_ERROR;
  const payload = Buffer.from(end.ErrorDetails ?? '');
  return {
    kind: 'answered',
    answer: answered(answer, { functionError, log: end.LogResult, payload, printedBytes: bytes }),
  };
}

/** @param how how it ended; its log is in Base64 */
function answered(
  { status, headers }: RawAnswer,
  how: Pick<FastInvokeAnswer, 'functionError' | 'log' | 'payload' | 'printedBytes'>,
): FastInvokeAnswer {
  return {
    status,
    version: headers[INVOKE.liveVersion] ?? headers[INVOKE.executedVersion],
    requestId: headers[INVOKE.requestId],
    ...how,
    log: how.log === undefined ? undefined : Buffer.from(how.log, 'base64').toString(),
  };
}

/**
 * Prints the payload byte for byte on stdout (plus a line break on a terminal), everything else on stderr. Returns the
 * exit code. An error document does not follow what was streamed. Of an asynchronous invocation prints the id.
 */
export function printAnswer(answer: FastInvokeAnswer, flags: InvokeFlags): number {
  if (flags.async === true) {
    writeAll(1, `${answer.requestId ?? ''}\n`);
    return EXIT.ok;
  }
  const isTerminal = isatty(1);
  const isPrinted = answer.printedBytes > 0;
  if (isPrinted && isTerminal) writeAll(1, '\n');
  if (answer.log !== undefined) writeAll(2, withFinalBreak(printable(answer.log)));
  if (flags.include === true) writeAll(2, about(answer));
  if (!isPrinted) {
    writeAll(1, answer.payload);
    if (answer.payload.length > 0 && isTerminal) writeAll(1, '\n');
  }
  const { exit, line } = verdict(answer, flags, isTerminal || isPrinted);
  if (line !== '') writeAll(2, `${line}\n`);
  return exit;
}

/** Text of `--include`: one line per fact, the function error only if there is one. */
export function about(answer: FastInvokeAnswer): string {
  const { status, version = '-', requestId = '-', functionError } = answer;
  const error = functionError === undefined ? '' : `function error: ${printable(functionError)}\n`;
  return `status: ${status}\nversion: ${version}\nrequest id: ${requestId}\n${error}`;
}

/**
 * Exit code (5 the function failed, 6 it timed out; 0 with `--no-fail`), and the line about the failure. That has the
 * message only where `withMessage`: otherwise the reader of stdout has it in the payload.
 */
export function verdict(
  answer: FastInvokeAnswer,
  flags: InvokeFlags,
  withMessage: boolean,
): { readonly exit: number; readonly line: string } {
  if (answer.functionError === undefined) return { exit: EXIT.ok, line: '' };
  const { errorType, errorMessage } = errorDocument(answer.payload);
  const timedOut = errorType === TIMED_OUT;
  const line =
    (timedOut ? 'the function timed out' : `the function failed: ${errorType}`) +
    (errorMessage === '' || !withMessage ? '' : `: ${errorMessage}`);
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
