import { isUtf8 } from 'node:buffer';
import { PAYLOAD_LIMIT } from '../../executor/frames.ts';
import { signalWord } from '../../kit/signal-word.ts';
import type { ProgramEnd } from './host.ts';

/** What the caller of an invocation gets. */
export type ProgramAnswer =
  | { readonly kind: 'result'; readonly payload: Buffer | string }
  | { readonly kind: 'too-large'; readonly bytes: number }
  /** `log`: line for the function's log, empty where its own output says it. */
  | { readonly kind: 'error'; readonly errorType: string; readonly document: string; readonly log: string };

/** For whom an answer is: a caller, an HTTP request, or a caller who wants all that was printed as it is. */
export type AnswerForm = 'plain' | 'http' | 'verbatim';

/** Longest message taken from stderr, its end (bytes). */
export const MESSAGE_BYTES = 8 * 1024;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Returns the answer of a program that exited with 0: what it printed, if that is JSON; `null` for nothing; text as a
 * JSON string, without its last line break. Bytes that are no UTF-8 are an error. Over HTTP text and other bytes become
 * a response of their type. With `verbatim` all of it is one JSON string; bytes that are no UTF-8 have U+FFFD in it. Pure.
 */
export function answerOf(stdout: Buffer, form: AnswerForm): ProgramAnswer {
  if (form === 'verbatim') return sized(JSON.stringify(stdout.toString('utf8')));
  const text = withoutLineBreak(stdout);
  if (isJsonText(text)) return sized(text);
  const isText = isUtf8(text);
  if (form === 'http')
    return sized(
      JSON.stringify(
        isText
          ? response('text/plain; charset=utf-8', text.toString())
          : response('application/octet-stream', stdout.toString('base64'), true),
      ),
    );
  if (text.length === 0) return { kind: 'result', payload: 'null' };
  if (!isText) {
    const errorType = 'Runtime.InvalidOutput';
    const message =
      'the program printed bytes that are neither JSON nor UTF-8 text; send such a body as {"statusCode":200,"isBase64Encoded":true,"body":"..."}';
    return failed(errorType, message, message);
  }
  return sized(JSON.stringify(text.toString('utf8')));
}

/** Returns the answer of a program that ended otherwise; `stderr`: the end of what it printed there. Pure. */
export function failureOf(end: ProgramEnd, stderr: string): ProgramAnswer {
  if (end.kind === 'fault') return failed(end.errorType, end.message, end.message);
  if (end.kind === 'signal' && end.outOfMemory)
    return failed('Runtime.OutOfMemory', 'the program exceeded the memory limit: signal: killed', 'signal: killed');
  const how = end.kind === 'exit' ? `exit status ${end.status}` : `signal: ${signalWord(end.signal)}`;
  const more = end.kind === 'exit' ? { exitStatus: end.status } : { signal: end.signal };
  const said = stderr.trim();
  return failed('Runtime.ExitError', said === '' ? how : said, how, more);
}

function response(type: string, body: string, isBase64Encoded = false): object {
  return { statusCode: 200, headers: { 'content-type': type }, isBase64Encoded, body };
}

// oxlint-disable-next-line max-params -- the parts of one document
function failed(
  errorType: string,
  errorMessage: string,
  log: string,
  more: Readonly<Record<string, unknown>> = {},
): ProgramAnswer {
  return { kind: 'error', errorType, document: JSON.stringify({ errorType, errorMessage, ...more }), log };
}

function sized(payload: Buffer | string): ProgramAnswer {
  const bytes = Buffer.byteLength(payload);
  return bytes > PAYLOAD_LIMIT ? { kind: 'too-large', bytes } : { kind: 'result', payload };
}

function withoutLineBreak(bytes: Buffer): Buffer {
  let end = bytes.length;
  if (bytes[end - 1] === LINE_FEED) end -= bytes[end - 2] === CARRIAGE_RETURN ? 2 : 1;
  return bytes.subarray(0, end);
}

function isJsonText(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString('utf8'));
    return isUtf8(bytes);
  } catch {
    return false;
  }
}
