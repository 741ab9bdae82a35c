import type { WireError } from '../errors/index.ts';

/** AWS Lambda's Invoke call, as the CLI and the daemon speak it. Header names in lower case. */
export const INVOKE = {
  path: (name: string): string => `/2015-03-31/functions/${encodeURIComponent(name)}/invocations`,
  functionError: 'x-amz-function-error',
  logType: 'x-amz-log-type',
  /** Base64 of the last 4 KiB of the log, when `Tail` was asked for. */
  logResult: 'x-amz-log-result',
  executedVersion: 'x-amz-executed-version',
  requestId: 'x-amzn-requestid',
  errorType: 'x-amzn-errortype',
  /** On an error answer: base64 of the {@link WireError} as JSON, so that the CLI can print lam's own words. */
  lamError: 'x-lam-error',
} as const;

/** `errorType` of the document of an invocation that passed its time-out. */
export const TIMED_OUT = 'Sandbox.Timedout';

/** The value of the header {@link INVOKE.lamError}. */
export function encodeErrorHeader(error: WireError): string {
  return Buffer.from(
    JSON.stringify({
      code: error.code,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    }),
  ).toString('base64');
}

/** What {@link encodeErrorHeader} made, or undefined when the text is not that. */
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
