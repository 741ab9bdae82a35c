import { jsonMembers } from '../../json-members.ts';
import { addType, parseAnswer, pushHeaders, type HttpAnswer, type MalformedAnswer } from '../../response-parts.ts';

/** The type of every answer that names no other. */
export const JSON_TYPE = ['content-type', 'application/json; charset=utf-8'] as const;

const NOTHING = Buffer.alloc(0);
/** Characters that Go's JSON encoder escapes, so that no browser takes them for markup. They occur in strings only. */
const MARKUP = /[<>&]/g;
const MARKUP_BYTES = [0x3c, 0x3e, 0x26] as const;
const HEX = 16;

/**
 * Applies Glambdar's rules: the result is an object with `statusCode` (default 200), `headers` and `body`, whose JSON is the
 * body of the response, a text too. The JSON of the body is sent as the function wrote it, not parsed and written again.
 * Pure.
 */
export function answerOf(payload: Uint8Array): HttpAnswer | MalformedAnswer {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const members = jsonMembers(bytes) ?? parsedMembers(bytes);
  if (members === undefined) return { why: `${shortened(bytes)}, which is no object with a body` };
  const status = statusOf(members.get('statusCode'));
  if (typeof status === 'string') return { why: status };
  const headers: string[] = [];
  const given = members.get('headers');
  const fault = given === undefined || isNull(given) ? undefined : pushHeaders(headers, JSON.parse(given.toString()));
  if (fault !== undefined) return { why: fault };
  const body = members.get('body');
  addType(headers, JSON_TYPE);
  return { status, headers, body: body === undefined ? NOTHING : withoutMarkup(body) };
}

/** Members of an object that the quick reader leaves alone. */
function parsedMembers(bytes: Buffer): ReadonlyMap<string, Buffer> | undefined {
  const value = parseAnswer(bytes);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return new Map(Object.entries(value).map(([name, member]) => [name, Buffer.from(JSON.stringify(member))]));
}

/** The status, or what is wrong with it. 0 is Glambdar's word for none. */
function statusOf(given: Buffer | undefined): number | string {
  if (given === undefined || isNull(given)) return 200;
  const status: unknown = JSON.parse(given.toString());
  if (status === 0) return 200;
  const isValid = typeof status === 'number' && Number.isInteger(status) && status >= 200 && status <= 599;
  return isValid ? status : `with the statusCode ${shortened(given)}; it must be a number from 200 to 599`;
}

function isNull(json: Buffer): boolean {
  return json[0] === 'n'.charCodeAt(0);
}

/** JSON as Go's encoder writes it, with escapes for the characters of HTML. */
function withoutMarkup(json: Buffer): Buffer {
  if (!MARKUP_BYTES.some((byte) => json.includes(byte))) return json;
  return Buffer.from(
    json.toString().replaceAll(MARKUP, (mark) => `\\u${mark.charCodeAt(0).toString(HEX).padStart(4, '0')}`),
  );
}

function shortened(json: Buffer): string {
  const text = json.subarray(0, 60).toString();
  return json.length > 60 ? `${text}...` : text;
}
