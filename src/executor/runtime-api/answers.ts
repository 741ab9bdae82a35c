import { LIMITS } from '../../contract/index.ts';
import type { HeaderPairs, Reply } from '../../http/index.ts';

/** A refusal in AWS's words. */
export interface RuntimeApiRefusal {
  readonly status: number;
  readonly errorType: string;
  readonly errorMessage: string;
}

/** The refusals whose wording is fixed. */
export const REFUSALS = {
  invalidRequestId: { status: 400, errorType: 'InvalidRequestID', errorMessage: 'Invalid request ID' },
  invalidResponseMode: {
    status: 400,
    errorType: 'InvalidFunctionResponseMode',
    errorMessage: 'Invalid function response mode',
  },
  tooLarge: {
    status: 413,
    errorType: 'RequestEntityTooLarge',
    errorMessage: `Exceeded maximum allowed payload size (${LIMITS.payloadBytes} bytes).`,
  },
  notFound: { status: 404, errorType: 'NotFound', errorMessage: 'Not found' },
  wrongMethod: { status: 405, errorType: 'MethodNotAllowed', errorMessage: 'Method not allowed' },
  closing: { status: 500, errorType: 'InternalServerError', errorMessage: 'Internal Server Error' },
} as const satisfies Record<string, RuntimeApiRefusal>;

/** Sends a complete response; a body that is no text is sent as JSON. */
export function send(reply: Reply, status: number, body: unknown, headers: HeaderPairs = JSON_TYPE): void {
  reply.send(status, headers, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
}

/** The type of all answers but the one to a ping. */
export const JSON_TYPE: HeaderPairs = ['Content-Type', 'application/json'];

const ACCEPTED = Buffer.from('{"status":"OK"}');

/** Accepts a report with 202, which clients check for. */
export function accept(reply: Reply): void {
  reply.send(202, JSON_TYPE, ACCEPTED);
}

export function refuse(reply: Reply, refusal: RuntimeApiRefusal): void {
  send(reply, refusal.status, { errorMessage: refusal.errorMessage, errorType: refusal.errorType });
}

/** 403 with `errorType`. */
export function forbid(reply: Reply, errorType: string, errorMessage: string): void {
  refuse(reply, { status: 403, errorType, errorMessage });
}
