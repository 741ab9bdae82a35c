import { CONFIG_BOUNDS, type TraceId } from '../../../contract/index.ts';
import { lamError } from '../../../errors/index.ts';
import type { InvokeAnswer } from '../../../router/index.ts';
import { jsonMembers } from '../../json-members.ts';

/** What a request to invoke asks for. */
export interface MiniInvoke {
  readonly event: Uint8Array;
  /** Undefined for the function's own. */
  readonly timeoutMs: number | undefined;
}

const NULL = Buffer.from('null');
const [LEAST_MS, MOST_MS] = CONFIG_BOUNDS.timeoutMs;

/**
 * Reads `{"event": any, "timeout": seconds}`; `cloud_event` stands for an event as well. A missing event is null, and a
 * limit beyond lam's longest is that. Throws `LAM_EDGE_MINI_BODY`.
 */
export function invokeIn(body: Uint8Array): MiniInvoke {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const whole = parsed(bytes);
  if (typeof whole !== 'object' || whole === null || Array.isArray(whole)) throw invalid('it is no JSON object');
  const name = Object.hasOwn(whole, 'event') ? 'event' : 'cloud_event';
  const value: unknown = Reflect.get(whole, name);
  return {
    // As it was written where that can be found: numbers may have more digits than JavaScript's.
    event: jsonMembers(bytes)?.get(name) ?? (value === undefined ? NULL : Buffer.from(JSON.stringify(value))),
    timeoutMs: limitIn(Reflect.get(whole, 'timeout')),
  };
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString()) as unknown;
  } catch {
    throw invalid('it is no JSON');
  }
}

/** 0 counts as none, as in Mini-Lambda. */
function limitIn(seconds: unknown): number | undefined {
  if (seconds === undefined || seconds === null || seconds === 0) return undefined;
  if (typeof seconds !== 'number' || !(seconds > 0)) throw invalid("'timeout' is no number of seconds");
  return Math.min(MOST_MS, Math.max(LEAST_MS, Math.round(seconds * 1000)));
}

function invalid(why: string): Error {
  return lamError('LAM_EDGE_MINI_BODY', { what: 'invalid json', why });
}

/** An answer to a client. */
export interface MiniAnswer {
  readonly status: number;
  readonly body: object;
}

/** What a client is answered who waited. Pure. */
export function answerOf(answer: InvokeAnswer, now: number): MiniAnswer {
  const { status, payload, durationMs, requestId, traceId, tail = '' } = answer;
  const facts = {
    logs: ownLines(tail),
    duration: Math.round(durationMs),
    invocation_id: requestId,
    trace_id: rootOf(traceId),
    timestamp: new Date(now).toISOString(),
  };
  const text = Buffer.from(payload).toString();
  if (status === 'success') return { status: 200, body: { result: outputOf(text, false), ...facts } };
  return status === 'timeout'
    ? { status: 504, body: { error: TIMED_OUT, ...facts } }
    : { status: 500, body: { error: messageOf(text), ...facts } };
}

/** Mini-Lambda's word for an invocation that took too long. */
export const TIMED_OUT = 'execution timeout exceeded';

/**
 * What a program printed, of the JSON string that its answer is; the answer of any other function as it is.
 * @param isCut whether only its beginning was kept
 */
export function outputOf(payload: string, isCut: boolean): string {
  if (!payload.startsWith('"')) return payload;
  for (let cut = 0; cut <= (isCut ? MOST_ESCAPE : 0); cut++) {
    try {
      const whole = isCut ? `${payload.slice(0, payload.length - cut)}"` : payload;
      return JSON.parse(whole) as string;
    } catch {
      // It ends within an escape.
    }
  }
  return payload;
}

/** Characters of the longest escape in a JSON string: a pair of surrogates. */
const MOST_ESCAPE = 12;

/** The message in an error document. */
export function messageOf(payload: string): string {
  try {
    const message: unknown = Reflect.get(Object(JSON.parse(payload)), 'errorMessage');
    if (typeof message === 'string' && message !== '') return message;
  } catch {
    // Custom runtimes may report anything.
  }
  return 'function execution failed';
}

/** Lines of a log tail that the function printed; those of lam are left out. */
export function ownLines(tail: string): string {
  return tail
    .split('\n')
    .filter((line) => !/^(?:START|END|REPORT) RequestId: |^INIT_REPORT /.test(line))
    .join('\n');
}

function rootOf(traceId: TraceId): string {
  return /(?:^|;)Root=([^;]+)/.exec(traceId)?.[1] ?? traceId;
}
