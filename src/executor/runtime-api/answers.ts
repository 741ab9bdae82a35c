import type { ServerResponse } from 'node:http';

import { LIMITS } from '../../contract/index.ts';

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

/**
 * Sends a complete response with Content-Length, which .NET's client needs to read the body of a 202. Does nothing when
 * the response was begun or the connection is closed.
 */
export function send(
  res: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (res.headersSent || res.destroyed) return;
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  res.writeHead(status, { 'Content-Type': 'application/json', ...headers, 'Content-Length': String(bytes.length) });
  res.end(bytes);
}

/** Accepts a report with 202, which clients check for. */
export function accept(res: ServerResponse): void {
  send(res, 202, { status: 'OK' });
}

export function refuse(res: ServerResponse, refusal: RuntimeApiRefusal): void {
  send(res, refusal.status, { errorMessage: refusal.errorMessage, errorType: refusal.errorType });
}

/** 403 with `errorType`. */
export function forbid(res: ServerResponse, errorType: string, errorMessage: string): void {
  refuse(res, { status: 403, errorType, errorMessage });
}
