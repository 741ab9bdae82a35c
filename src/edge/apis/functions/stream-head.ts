import { PLAIN_STREAM } from '../../../contract/index.ts';
import {
  addType,
  parseAnswer,
  pushAll,
  pushHeaders,
  statusOf,
  type HttpAnswer,
  type MalformedAnswer,
} from '../../response-parts.ts';

/** The head of a streamed HTTP response. */
export type HttpStreamHead = Omit<HttpAnswer, 'body'>;

/**
 * Reads the head of a streamed response, with `statusCode` (default: 200), `headers`, `multiValueHeaders` and
 * `cookies`, the same in both payload formats. Pure.
 */
export function streamHead(bytes: Buffer): HttpStreamHead | MalformedAnswer {
  const head = parseAnswer(bytes);
  if (typeof head !== 'object' || head === null || Array.isArray(head))
    return { why: 'with a stream whose head is not a JSON object' };
  const { statusCode = 200, headers, multiValueHeaders, cookies } = head as Readonly<Record<string, unknown>>;
  const status = statusOf(statusCode);
  if (typeof status === 'string') return { why: status };
  const out: string[] = [];
  const fault =
    pushHeaders(out, headers ?? {}) ?? pushHeaders(out, multiValueHeaders ?? {}) ?? pushCookies(out, cookies);
  if (fault !== undefined) return { why: fault };
  addType(out, ['content-type', PLAIN_STREAM]);
  return { status, headers: out };
}

function pushCookies(out: string[], cookies: unknown): string | undefined {
  const list = cookies ?? [];
  return Array.isArray(list) ? pushAll(out, 'set-cookie', list) : 'with cookies that are not a list';
}
