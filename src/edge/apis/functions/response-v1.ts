import {
  addType,
  NO_TEXT_TO_DECODE,
  parseAnswer,
  pushHeaders,
  statusOf,
  type HttpAnswer,
  type MalformedAnswer,
} from '../../response-parts.ts';

/**
 * Applies the rules of payload format 1.0: the result must be an object with `statusCode`, and its body text. Where
 * `headers` and `multiValueHeaders` both have a header, the latter wins. Pure.
 */
export function answerV1(payload: Uint8Array): HttpAnswer | MalformedAnswer {
  const result = parseAnswer(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength));
  if (typeof result !== 'object' || result === null || Array.isArray(result))
    return { why: 'something that is no JSON object; payload 1.0 asks for one with statusCode' };
  const { statusCode, headers, multiValueHeaders, body, isBase64Encoded } = result as Record<string, unknown>;
  if (statusCode === undefined) return { why: 'without a statusCode, which payload 1.0 asks for' };
  const status = statusOf(statusCode);
  if (typeof status === 'string') return { why: status };
  const single = headers ?? {};
  const multi = multiValueHeaders ?? {};
  const pairs: string[] = [];
  const fault = pushHeaders(pairs, without(single, multi)) ?? pushHeaders(pairs, multi);
  if (fault !== undefined) return { why: fault };
  addType(pairs);
  if (body === undefined || body === null) return { status, headers: pairs, body: Buffer.alloc(0) };
  if (typeof body !== 'string')
    return {
      why: isBase64Encoded === true ? NO_TEXT_TO_DECODE : 'with a body that is no string; payload 1.0 asks for text',
    };
  return { status, headers: pairs, body: Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8') };
}

/** The members of `single` that `multi` has not, in any spelling. */
function without(single: unknown, multi: unknown): unknown {
  if (typeof single !== 'object' || single === null || Array.isArray(single)) return single;
  const names = new Set(Object.keys(Object(multi) as object).map((name) => name.toLowerCase()));
  return Object.fromEntries(Object.entries(single).filter(([name]) => !names.has(name.toLowerCase())));
}
