import type { IncomingMessage } from 'node:http';

import { PLAIN_STREAM } from '../../contract/index.ts';
import type { InvokeOutcome } from '../session.ts';
import { StreamedAnswer, type StreamSource } from '../streamed-answer.ts';
import type { RuntimeApiCall } from './call.ts';
import { document, trailerReport } from './error-report.ts';

const WHOLE: InvokeOutcome = { kind: 'result', payload: Buffer.alloc(0) };

/**
 * Passes the body of a streamed response on as it arrives; while its reader is behind, it is not read. Resolves with
 * the outcome at its end, or when its connection breaks. A body that nobody reads any more is still read to its end,
 * because clients report a broken connection as a fault of their own.
 */
export function readStream(req: IncomingMessage, call: RuntimeApiCall): Promise<InvokeOutcome> {
  return new Promise((resolve) => {
    const body = new StreamedBody(req, call);
    req.on('data', (chunk: Buffer) => body.push(chunk));
    req.on('end', () => resolve(body.ended()));
    req.on('error', () => resolve(TRUNCATED));
    req.on('close', () => resolve(TRUNCATED));
  });
}

const TRUNCATED_TYPE = 'Runtime.TruncatedResponse';
/** AWS's error of a response whose connection broke. */
export const TRUNCATED: InvokeOutcome = {
  kind: 'error',
  errorType: TRUNCATED_TYPE,
  payload: document(TRUNCATED_TYPE, 'Response was truncated'),
};

class StreamedBody implements StreamSource {
  readonly #req: IncomingMessage;
  readonly #call: RuntimeApiCall;
  #answer: StreamedAnswer | undefined;

  constructor(req: IncomingMessage, call: RuntimeApiCall) {
    this.#req = req;
    this.#call = call;
  }

  push(chunk: Buffer): void {
    // It may have timed out, or have been answered otherwise.
    if (this.#call.isSettled) return;
    const answer = this.#begun();
    answer.push(chunk);
    if (answer.isBehind) this.#req.pause();
  }

  ended(): InvokeOutcome {
    const failed = trailerReport(this.#req.trailers);
    const outcome: InvokeOutcome = failed === undefined ? WHOLE : { kind: 'error', ...failed };
    // An error before the first byte needs no stream.
    if (this.#call.isSettled || (this.#answer === undefined && failed !== undefined)) return outcome;
    return this.#begun().outcomeOf(outcome);
  }

  /** @internal For its answer. */
  taken(): void {
    this.#req.resume();
  }

  /** @internal For its answer. The Runtime API cannot tell a runtime to stop. */
  cancel(): void {
    this.#req.resume();
  }

  #begun(): StreamedAnswer {
    const contentType = this.#req.headers['content-type'] ?? PLAIN_STREAM;
    return (this.#answer ??= new StreamedAnswer(this.#call, { contentType }, this));
  }
}
