import type { IncomingMessage } from 'node:http';

import { HTTP_STREAM, LIMITS } from '../../contract/index.ts';
import type { InvokeOutcome } from '../session.ts';
import { REFUSALS, type RuntimeApiRefusal } from './answers.ts';
import type { RuntimeApiCall } from './call.ts';
import { document, errorReport, trailerReport, type ApiFields } from './error-report.ts';
import { readBody } from './read-body.ts';
import { readStream, TRUNCATED } from './read-stream.ts';

const MODE = 'lambda-runtime-function-response-mode';

/** What a `POST {id}/response` or `{id}/error` brought. */
export type RuntimeAnswer =
  | { readonly kind: 'outcome'; readonly outcome: InvokeOutcome; readonly refusal?: RuntimeApiRefusal }
  /** Another request streams the response. */
  | { readonly kind: 'taken' }
  /** The connection broke before the response was complete: the runtime may send it again. */
  | { readonly kind: 'lost' };

/** Reads the answer to `call`; a streamed one is passed on to it as it arrives. Never rejects. */
export async function readAnswer(
  event: 'response' | 'error',
  req: IncomingMessage,
  call: RuntimeApiCall | undefined,
): Promise<RuntimeAnswer> {
  const mode = req.headers[MODE];
  if (mode !== undefined && mode !== 'streaming') return INVALID_MODE;
  if (event === 'response' && call !== undefined && isStreamed(req.headers)) {
    if (call.isStreamed) return { kind: 'taken' };
    return answer(await readStream(req, call));
  }
  const body = await readBody(req, LIMITS.payloadBytes);
  if (body.kind === 'truncated') return mode === undefined ? { kind: 'lost' } : answer(TRUNCATED);
  if (body.kind === 'too-large') return answer({ kind: 'too-large', bytes: body.length });
  return { kind: 'outcome', outcome: outcomeOf(event, req, body.bytes) };
}

/** Whether a request with these headers may stream its body, or asks for a mode that does not exist. */
export function isStreamed(headers: ApiFields): boolean {
  // Go's client names no mode, but the content type of a stream.
  return headers[MODE] !== undefined || headers['content-type'] === HTTP_STREAM;
}

/** What a whole body of at most `LIMITS.payloadBytes` means. */
export function outcomeOf(
  event: 'response' | 'error',
  { headers, trailers }: { readonly headers: ApiFields; readonly trailers: ApiFields },
  body: Buffer,
): InvokeOutcome {
  const failed = event === 'error' ? errorReport(headers, body) : trailerReport(trailers);
  return failed === undefined ? { kind: 'result', payload: body } : { kind: 'error', ...failed };
}

function answer(outcome: InvokeOutcome): RuntimeAnswer {
  return outcome.kind === 'too-large'
    ? { kind: 'outcome', outcome, refusal: REFUSALS.tooLarge }
    : { kind: 'outcome', outcome };
}

const INVALID_MODE_TYPE = 'Runtime.InvalidResponseModeHeader';
const INVALID_MODE: RuntimeAnswer = {
  kind: 'outcome',
  outcome: {
    kind: 'error',
    errorType: INVALID_MODE_TYPE,
    payload: document(INVALID_MODE_TYPE, REFUSALS.invalidResponseMode.errorMessage),
  },
  refusal: REFUSALS.invalidResponseMode,
};
