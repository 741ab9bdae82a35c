import type { WireError } from '../errors/index.ts';

/** Path and headers of AWS Lambda's Invoke API. Header names are in lower case. */
export const INVOKE = {
  path: (reference: string): string => `/2015-03-31/functions/${encodeURIComponent(reference)}/invocations`,
  functionError: 'x-amz-function-error',
  logType: 'x-amz-log-type',
  /** Base64 of the last 4 KiB of the log, if the request has log type `Tail`. */
  logResult: 'x-amz-log-result',
  /** As AWS has it: `$LATEST` where no version was asked for. */
  executedVersion: 'x-amz-executed-version',
  /** The version that ran, where {@link INVOKE.executedVersion} does not tell. */
  liveVersion: 'x-lam-version',
  requestId: 'x-amzn-requestid',
  errorType: 'x-amzn-errortype',
  /** With invocation type `Event`: earliest start (milliseconds since the epoch). */
  notBefore: 'x-lam-not-before',
  invocationType: 'x-amz-invocation-type',
  /** The `StartKind` of the invocation. */
  start: 'x-lam-start',
  /** Content type of a streamed answer to a request that accepts it: the events of InvokeWithResponseStream. */
  events: 'application/vnd.amazon.eventstream',
  /** On an error answer: base64 of the {@link WireError} as JSON, from which the CLI prints message and hint. */
  lamError: 'x-lam-error',
} as const;

/** Types of the events of InvokeWithResponseStream. */
export const INVOKE_EVENTS = { piece: 'PayloadChunk', end: 'InvokeComplete' } as const;

/** Payload of the event {@link INVOKE_EVENTS.end}. */
export interface InvokeEnd {
  /** Error type; undefined when the function succeeded. */
  readonly ErrorCode?: string;
  /** The error document. */
  readonly ErrorDetails?: string;
  /** As in the header {@link INVOKE.logResult}. */
  readonly LogResult?: string;
}

/** `errorType` in the error document of an invocation that timed out. */
export const TIMED_OUT = 'Sandbox.Timedout';

/** Encodes the value of the header {@link INVOKE.lamError}. */
export function encodeErrorHeader(error: WireError): string {
  return Buffer.from(
    JSON.stringify({
      code: error.code,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    }),
  ).toString('base64');
}

/** Decodes what {@link encodeErrorHeader} made; returns undefined for any other text. */
export function decodeErrorHeader(text: string | undefined): WireError | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64').toString());
    if (typeof value !== 'object' || value === null || !('code' in value) || !('message' in value)) return undefined;
    return value as WireError;
  } catch {
    return undefined;
  }
}
