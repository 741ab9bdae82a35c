import { LIMITS, type RequestId } from '../contract/index.ts';
import type { ExitStatus, InitOutcome, InvokeOutcome } from '../executor/session.ts';
import { signalWord } from '../kit/index.ts';

/** Status of an invocation, as REPORT names it. */
export type InvocationStatus = 'success' | 'error' | 'timeout' | 'failure';

/** The answer to the caller of an invocation without a result. */
export interface Failure {
  readonly status: Exclude<InvocationStatus, 'success'>;
  readonly errorType: string;
  /** Error document, passed to the caller byte for byte. */
  readonly payload: Uint8Array;
  /** Line for the function's log, where AWS Lambda writes one. */
  readonly note?: string;
}

/** Returns AWS Lambda's sentence for a runtime that ended (Go's `exec` wording). */
export function exitReason(exit: ExitStatus): string {
  // A memory limit is enforced by a kill; which status is reported for it depends on the driver.
  if (exit.outOfMemory) return 'Runtime exited with error: signal: killed';
  if (exit.signal !== null) return `Runtime exited with error: signal: ${signalWord(exit.signal)}`;
  return exit.code === 0
    ? 'Runtime exited without providing a reason'
    : `Runtime exited with error: exit status ${exit.code}`;
}

function document(errorType: string, errorMessage: string): Uint8Array {
  return Buffer.from(JSON.stringify({ errorType, errorMessage }));
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}

function exitFailure(exit: ExitStatus, requestId: RequestId): Failure {
  const errorType = exit.outOfMemory ? 'Runtime.OutOfMemory' : 'Runtime.ExitError';
  const message = `RequestId: ${requestId} Error: ${exitReason(exit)}`;
  return { status: 'failure', errorType, payload: document(errorType, message), note: `${message}\n${errorType}` };
}

/** Returns the failure of an invocation that ran without success. Pure; `now` is the time in the log line. */
export function failureOfInvoke(
  outcome: Exclude<InvokeOutcome, { kind: 'result' | 'unstarted' }>,
  requestId: RequestId,
  timeoutMs: number,
  now: Date,
): Failure {
  switch (outcome.kind) {
    case 'error':
      return { status: 'error', errorType: outcome.errorType, payload: outcome.payload };
    case 'too-large': {
      const errorType = 'Function.ResponseSizeTooLarge';
      const message = `Response payload size exceeded maximum allowed payload size (${LIMITS.payloadBytes} bytes).`;
      // AWS writes the members of this document in the other order.
      return {
        status: 'error',
        errorType,
        payload: Buffer.from(JSON.stringify({ errorMessage: message, errorType })),
        note: message,
      };
    }
    case 'exit':
      return exitFailure(outcome.exit, requestId);
    case 'timeout': {
      const task = `Task timed out after ${seconds(timeoutMs)} seconds`;
      const errorType = 'Sandbox.Timedout';
      return {
        status: 'timeout',
        errorType,
        payload: document(errorType, `RequestId: ${requestId} Error: ${task}`),
        note: `${now.toISOString()} ${requestId} ${task}`,
      };
    }
    default:
      return outcome satisfies never;
  }
}

/** Returns the failure of an invocation whose sandbox could not load the code. Pure. */
export function failureOfInit(
  outcome: Exclude<InitOutcome, { kind: 'ready' }>,
  requestId: RequestId,
  limitMs: number,
): Failure {
  switch (outcome.kind) {
    case 'error':
      return { status: 'error', errorType: outcome.errorType, payload: outcome.payload };
    case 'exit':
      return exitFailure(outcome.exit, requestId);
    case 'timeout': {
      const message = `RequestId: ${requestId} Error: Init timed out after ${seconds(limitMs)} seconds`;
      return {
        status: 'timeout',
        errorType: 'Sandbox.Timedout',
        payload: document('Sandbox.Timedout', message),
        note: message,
      };
    }
    default:
      return outcome satisfies never;
  }
}
