import { INVOKE, INVOKE_EVENTS, LATEST, type InvokeEnd, type Qualifier } from '../../../contract/index.ts';
import type { Reply } from '../../../http/index.ts';
import type { InvokeAnswer, InvokeStream, StreamReceiver } from '../../../router/index.ts';
import { eventMessage } from './event-stream.ts';

const CHUNK = {
  ':event-type': INVOKE_EVENTS.piece,
  ':content-type': 'application/octet-stream',
  ':message-type': 'event',
};
const COMPLETE = { ':event-type': INVOKE_EVENTS.end, ':content-type': 'application/json', ':message-type': 'event' };

/** The answer to InvokeWithResponseStream: events with the pieces of the payload, then one that says how it ended. */
export class EventStream implements StreamReceiver {
  readonly #reply: Reply;
  readonly #isLive: boolean;
  #hasBegun = false;

  /** @param qualifier what was asked for; undefined for the live version */
  constructor(reply: Reply, qualifier: Qualifier | undefined) {
    this.#reply = reply;
    this.#isLive = qualifier === undefined;
  }

  begin(answer: Omit<InvokeStream, 'contentType'>, goOn?: () => void): StreamReceiver {
    this.#hasBegun = true;
    const { requestId, version, traceId, start } = answer;
    const headers = [
      ...['Content-Type', INVOKE.events, 'x-amzn-RequestId', requestId],
      ...['X-Amz-Executed-Version', this.#isLive ? LATEST : String(version)],
      ...['X-Amzn-Trace-Id', traceId, INVOKE.start, start],
      ...(this.#isLive ? [INVOKE.liveVersion, String(version)] : []),
    ];
    this.#reply.start(200, headers, goOn);
    return this;
  }

  piece(bytes: Uint8Array): boolean {
    return this.#reply.write(eventMessage(CHUNK, bytes));
  }

  /** Whether its head was sent. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** A whole answer is one piece; an error is a part of the last event, also one in the middle. */
  end(answer: InvokeAnswer): void {
    const { status, payload, errorType, tail } = answer;
    const isSuccess = status === 'success';
    if (!this.#hasBegun) {
      this.begin(answer);
      if (isSuccess && payload.length > 0) this.piece(payload);
    }
    const said: InvokeEnd = {
      ...(isSuccess ? {} : { ErrorCode: errorType ?? 'Unknown', ErrorDetails: Buffer.from(payload).toString() }),
      ...(tail === undefined ? {} : { LogResult: Buffer.from(tail).toString('base64') }),
    };
    this.#reply.write(eventMessage(COMPLETE, Buffer.from(JSON.stringify(said))));
    this.#reply.end();
  }
}
