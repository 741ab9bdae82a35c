import { LIMITS } from '../contract/index.ts';
import type { EpochMs } from '../kit/index.ts';
import type { FinishedEvent } from './options.ts';

/** AWS's words for how a function failed. */
const FUNCTION_ERROR = 'Unhandled';

/**
 * Returns the record of a finished event for its destination, as JSON in the shape of AWS's (version 1.0). Payloads that
 * are not JSON are texts. A payload is left out if the record would be longer than an event may be. Pure.
 */
export function recordOf(
  { event, attempts, reason, answer }: FinishedEvent,
  { functionArn, now }: { readonly functionArn: string; readonly now: EpochMs },
): Uint8Array {
  const requestContext = {
    requestId: event.id,
    functionArn,
    condition: reason ?? 'Success',
    approximateInvokeCount: attempts,
  };
  const head: [string, string][] = [
    ['version', '"1.0"'],
    ['timestamp', JSON.stringify(new Date(now).toISOString())],
    ['requestContext', JSON.stringify(requestContext)],
  ];
  const request: [string, string] = ['requestPayload', asJson(event.event)];
  const response = answer === undefined ? [] : responseOf(answer);
  const context = response.filter(([key]) => key !== 'responsePayload');
  for (const parts of [
    [...head, request, ...response],
    [...head, request, ...context],
  ]) {
    const record = joined(parts);
    if (record.byteLength <= LIMITS.payloadBytes) return record;
  }
  return joined([...head, ...context]);
}

function responseOf({ version, status, payload }: NonNullable<FinishedEvent['answer']>): [string, string][] {
  const responseContext = {
    statusCode: 200,
    ...(version === undefined ? {} : { executedVersion: String(version) }),
    ...(status === 'success' ? {} : { functionError: FUNCTION_ERROR }),
  };
  return [
    ['responseContext', JSON.stringify(responseContext)],
    ['responsePayload', asJson(payload)],
  ];
}

function joined(parts: readonly (readonly [string, string])[]): Uint8Array {
  return Buffer.from(`{${parts.map(([key, json]) => `"${key}":${json}`).join(',')}}`);
}

function asJson(payload: Uint8Array): string {
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString();
  if (text === '') return 'null';
  try {
    JSON.parse(text);
    // In a file of records, each is one line. In valid JSON, line breaks are only between tokens.
    return text.replaceAll(/[\r\n]/g, ' ');
  } catch {
    return JSON.stringify(text);
  }
}
