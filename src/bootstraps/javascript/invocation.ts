import type { InitRequest, InvocationContext } from '../../executor/frames.ts';
import type { FunctionHandler } from './load-handler.ts';

/** Ends an invocation; only the first call of either counts. */
export interface InvocationAnswer {
  readonly succeed: (result: unknown) => void;
  readonly fail: (thrown: unknown) => void;
}

/**
 * Runs the handler once. It answers with the promise it returns, the callback, `context.done`, `succeed` or `fail`, or,
 * if it takes no callback, with its return value. A handler that takes a callback, or takes the context and returns
 * undefined, is answered null when `drained` calls back, because nothing is left that could answer. Results are sent at
 * once, even while `callbackWaitsForEmptyEventLoop` is true.
 */
export function runHandler(
  handler: FunctionHandler,
  event: unknown,
  context: Record<string, unknown>,
  parts: { answer: InvocationAnswer; drained: (then: () => void) => void },
): void {
  const { answer } = parts;
  const callback = (error: unknown, result?: unknown): void => {
    if (error === undefined || error === null) answer.succeed(result);
    else answer.fail(error);
  };
  Object.assign(context, {
    callbackWaitsForEmptyEventLoop: true,
    succeed: (result: unknown) => answer.succeed(result),
    fail: (error: unknown) => answer.fail(error),
    done: callback,
  });
  let returned: unknown;
  try {
    returned = handler(event, context, callback);
  } catch (thrown) {
    answer.fail(thrown);
    return;
  }
  if (isThenable(returned)) {
    returned.then(answer.succeed, answer.fail);
    return;
  }
  const answersLater = handler.length >= 3 || (handler.length === 2 && returned === undefined);
  if (answersLater) parts.drained(() => answer.succeed(null));
  else answer.succeed(returned);
}

/** The context object of AWS's Node runtime, without the functions that answer. */
export function contextOf(init: InitRequest, invocation: InvocationContext): Record<string, unknown> {
  const { clientContext } = invocation;
  // Counted from the start of the handler, because the invocation may have been sent ahead.
  const deadlineMs = Date.now() + init.timeoutMs;
  return {
    functionName: init.functionName,
    functionVersion: String(init.version),
    memoryLimitInMB: String(init.memoryMiB),
    logGroupName: init.logGroup,
    logStreamName: init.logStream,
    clientContext: clientContext === undefined ? undefined : JSON.parse(clientContext),
    identity: undefined,
    invokedFunctionArn: invocation.functionArn,
    awsRequestId: invocation.requestId,
    tenantId: undefined,
    xRayTraceId: invocation.traceId,
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  };
}

/** Reused property descriptor: a new literal for each member costs more than defining the member. */
const HIDDEN: { value: unknown; readonly configurable: true; readonly writable: true } = {
  value: undefined,
  configurable: true,
  writable: true,
};

/**
 * Adds non-enumerable `json()` and `text()` to an HTTP event. Glambdar's requests, which have no context, take an empty
 * body for null and have an error of their own.
 */
export function addBodyReaders(event: unknown): void {
  if (typeof event !== 'object' || event === null) return;
  const text = async (): Promise<string> => {
    const body: unknown = Reflect.get(event, 'body');
    if (typeof body !== 'string') return '';
    return Reflect.get(event, 'isBase64Encoded') === true ? Buffer.from(body, 'base64').toString('utf8') : body;
  };
  const isBare = Reflect.get(event, 'requestContext') === undefined;
  const json = async (): Promise<unknown> => (isBare ? bareJson(await text()) : JSON.parse(await text()));
  HIDDEN.value = text;
  Object.defineProperty(event, 'text', HIDDEN);
  HIDDEN.value = json;
  Object.defineProperty(event, 'json', HIDDEN);
  HIDDEN.value = undefined;
}

function bareJson(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error('invalid JSON body', { cause });
  }
}

/** Whether it is a promise, of any library. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'then') === 'function';
}
