import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** An error a runtime reported: the document to hand on, and the type to note in logs. */
export interface ErrorReport {
  readonly payload: Uint8Array;
  readonly errorType: string;
}

const WITH_CAUSE = 'application/vnd.aws.lambda.error.cause+json';
const KNOWN_TYPE = /^(Runtime|Function)\.[A-Z][a-zA-Z]+$/;
/** Bodies longer than this are not searched for their errorType. */
const PARSED_BYTES = 256 * 1024;

/** Reads the body of `/error` or `/init/error`. The document stays as it is, but a cause sent inside it is taken out (AWS). */
export function errorReport(headers: IncomingHttpHeaders, body: Uint8Array): ErrorReport {
  const document = body.length <= PARSED_BYTES ? parseObject(body) : undefined;
  return {
    payload: headers['content-type'] === WITH_CAUSE && document !== undefined ? withoutCause(document) : body,
    errorType: errorType(first(headers['lambda-runtime-function-error-type']), document),
  };
}

/**
 * A function error told in the trailers of `/response`, or undefined. Its document is the error-body trailer (base64);
 * without one, a document made from the type.
 */
export function trailerReport(trailers: IncomingMessage['trailers']): ErrorReport | undefined {
  const type = trailers['lambda-runtime-function-error-type'];
  if (type === undefined || type === '') return undefined;
  const encoded = trailers['lambda-runtime-function-error-body'];
  const body = encoded === undefined || encoded === '' ? undefined : Buffer.from(encoded, 'base64');
  const payload = body ?? document(type, 'The response ended with an error');
  return { payload, errorType: errorType(type, parseObject(payload)) };
}

/** An error document of lam's own, in the key order of AWS's. */
export function document(errorType: string, errorMessage: string): Buffer {
  return Buffer.from(JSON.stringify({ errorType, errorMessage }));
}

/** The header when it has a form AWS keeps; else what the document says; else AWS's word for an unknown one. */
function errorType(header: string | undefined, document: Readonly<Record<string, unknown>> | undefined): string {
  if (header !== undefined && KNOWN_TYPE.test(header)) return header;
  const own = document?.['errorType'];
  if (typeof own === 'string' && own !== '' && own.length <= 256) return own;
  return header?.startsWith('Function.') ? 'Function.Unknown' : 'Runtime.Unknown';
}

function withoutCause(document: Readonly<Record<string, unknown>>): Buffer {
  const { errorMessage, errorType: type, stackTrace } = document;
  return Buffer.from(JSON.stringify({ errorMessage, errorType: type, stackTrace }));
}

function parseObject(body: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    // Not JSON: a runtime may send any text, and it is handed on as it is.
    return undefined;
  }
}

function first(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0];
}
