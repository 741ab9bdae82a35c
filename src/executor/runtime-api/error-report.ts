import { reportedType, UNKNOWN_TYPE } from '../error-type.ts';

/** Headers or trailers: values by name in lower case. */
export type ApiFields = Readonly<Record<string, string | readonly string[] | undefined>>;

/** An error reported by a runtime: the document to pass on, and the type for logs. */
export interface ErrorReport {
  readonly payload: Uint8Array;
  readonly errorType: string;
}

const WITH_CAUSE = 'application/vnd.aws.lambda.error.cause+json';
const KNOWN_TYPE = /^(Runtime|Function)\.[A-Z][a-zA-Z]+$/;
/** Bodies longer than this are not searched for their errorType. */
const PARSED_BYTES = 256 * 1024;

/**
 * Reads the body of `/error` or `/init/error`. Passes the document on unchanged but for an X-Ray cause in it, which AWS
 * removes, too.
 */
export function errorReport(headers: ApiFields, body: Uint8Array): ErrorReport {
  const document = body.length <= PARSED_BYTES ? parseObject(body) : undefined;
  return {
    payload: headers['content-type'] === WITH_CAUSE && document !== undefined ? withoutCause(document) : body,
    errorType: errorType(first(headers['lambda-runtime-function-error-type']), document),
  };
}

/**
 * Reads a function error from the trailers of `/response`; undefined without one. Its document is the error-body
 * trailer (base64), else one made from the type.
 */
export function trailerReport(trailers: ApiFields): ErrorReport | undefined {
  const type = first(trailers['lambda-runtime-function-error-type']);
  if (type === undefined || type === '') return undefined;
  const encoded = first(trailers['lambda-runtime-function-error-body']);
  const body = encoded === undefined || encoded === '' ? undefined : Buffer.from(encoded, 'base64');
  const payload = body ?? document(type, 'The response ended with an error');
  return { payload, errorType: errorType(type, parseObject(payload)) };
}

/** An error document of lam's own, in the key order of AWS's. */
export function document(errorType: string, errorMessage: string): Buffer {
  return Buffer.from(JSON.stringify({ errorType, errorMessage }));
}

/** The error type: the header where AWS accepts its form, else the document's, else AWS's placeholder. */
function errorType(header: string | undefined, document: Readonly<Record<string, unknown>> | undefined): string {
  if (header !== undefined && KNOWN_TYPE.test(header)) return header;
  const own = reportedType(document?.['errorType']);
  return own === UNKNOWN_TYPE && header?.startsWith('Function.') === true ? 'Function.Unknown' : own;
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
    // Not JSON: a runtime may send any text, which is passed on unchanged.
    return undefined;
  }
}

function first(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0];
}
