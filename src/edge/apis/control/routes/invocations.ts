import {
  isQueueName,
  knownRequestId,
  type AsyncDetail,
  type AsyncQuery,
  type AsyncResult,
  type DeadLettersRequest,
  type FunctionName,
  type RequestId,
} from '../../../../contract/index.ts';
import { lamError } from '../../../../errors/index.ts';
import { invocationPart, PAGE, type QueryValues } from '../parameters.ts';
import { jsonRoute, type ControlRoute } from '../route.ts';

const NOT_FOUND = 'LAM_OPERATIONS_INVOCATION_NOT_FOUND';

/** Asynchronous invocations and dead letters. */
export const INVOCATION_ROUTES: readonly ControlRoute[] = [
  jsonRoute({
    id: 'invocations.list',
    method: 'GET',
    path: '/invocations',
    summary: 'Asynchronous invocations, newest first.',
    scope: 'read',
    query: ['function', 'state', 'dead', 'limit', 'after'],
    answer: 'AsyncPage',
    run: ({ operations }, { query }) => operations.async.list(asyncQueryOf(query)),
  }),
  jsonRoute({
    id: 'invocations.get',
    method: 'GET',
    path: '/invocations/{id}',
    summary: 'An asynchronous invocation with its result, if wanted once it has finished.',
    scope: 'read',
    query: ['wait'],
    answer: 'AsyncResult',
    errors: [NOT_FOUND],
    run: async ({ operations }, call) =>
      asyncResultOf(await operations.async.get(invocationPart(call), call.query.wait ?? 0)),
  }),
  jsonRoute({
    id: 'invocations.event',
    method: 'GET',
    path: '/invocations/{id}/event',
    summary: 'The event of an asynchronous invocation.',
    scope: 'read',
    answer: 'EventAnswer',
    errors: [NOT_FOUND],
    run: async ({ operations }, call) => ({
      event: Buffer.from(await operations.async.eventOf(invocationPart(call))).toString(),
    }),
  }),
  jsonRoute({
    id: 'invocations.cancel',
    method: 'POST',
    path: '/invocations/{id}/cancel',
    summary: 'Cancels an asynchronous invocation; answers it as it was before.',
    scope: 'invoke',
    answer: 'AsyncInvocation',
    errors: [NOT_FOUND, 'LAM_OPERATIONS_INVOCATION_FINISHED'],
    run: ({ operations }, call) => operations.async.cancel(invocationPart(call)),
  }),
  jsonRoute({
    id: 'invocations.retry',
    method: 'POST',
    path: '/invocations/{id}/retry',
    summary: 'Runs the event of a finished invocation again.',
    scope: 'invoke',
    body: 'RetryRequest',
    answer: 'RetryAnswer',
    errors: [NOT_FOUND, 'LAM_OPERATIONS_INVOCATION_PENDING', 'LAM_REGISTRY_VERSION_NOT_FOUND'],
    run: async ({ operations }, call) => ({
      id: await operations.async.retry(invocationPart(call), call.body.version),
    }),
  }),
  jsonRoute({
    id: 'invocations.counts',
    method: 'GET',
    path: '/events',
    summary: 'Counts of asynchronous invocations by function.',
    scope: 'read',
    answer: 'AsyncCountsByName',
    run: ({ operations }) => operations.async.counts(),
  }),
  jsonRoute({
    id: 'deadLetters.count',
    method: 'POST',
    path: '/dead-letters/count',
    summary: 'How many dead letters a request means.',
    scope: 'read',
    body: 'DeadLettersRequest',
    answer: 'CountAnswer',
    run: async ({ operations }, { body }) => ({ count: await operations.async.countDead(deadLettersOf(body)) }),
  }),
  jsonRoute({
    id: 'deadLetters.redrive',
    method: 'POST',
    path: '/dead-letters/redrive',
    summary: 'Runs dead letters again.',
    scope: 'invoke',
    body: 'DeadLettersRequest',
    answer: 'CountAnswer',
    run: async ({ operations }, { body }) => ({ count: await operations.async.redrive(deadLettersOf(body)) }),
  }),
  jsonRoute({
    id: 'deadLetters.purge',
    method: 'POST',
    path: '/dead-letters/purge',
    summary: 'Deletes dead letters.',
    scope: 'deploy',
    body: 'DeadLettersRequest',
    answer: 'CountAnswer',
    run: async ({ operations }, { body }) => ({ count: await operations.async.purge(deadLettersOf(body)) }),
  }),
];

function bad(what: string): never {
  throw lamError('LAM_EDGE_BAD_REQUEST', { what });
}

function queueName(text: string): FunctionName {
  return isQueueName(text) ? text : bad(`'${text}' is not a function's name`);
}

function asyncQueryOf({ function: name, state, dead, limit = PAGE, after }: QueryValues): AsyncQuery {
  if (after !== undefined && !/^[0-9]{1,15}$/.test(after)) return bad(`'after' is not the 'next' of a page: ${after}`);
  return {
    ...(name === undefined ? {} : { functionName: queueName(name) }),
    ...(state === undefined ? {} : { state: state as NonNullable<AsyncQuery['state']> }),
    ...(dead === true ? { dead } : {}),
    limit,
    ...(after === undefined ? {} : { after }),
  };
}

function deadLettersOf({ function: name, ids }: DeadLettersRequest): {
  readonly functionName?: FunctionName;
  readonly ids?: readonly RequestId[];
} {
  return {
    ...(name === undefined ? {} : { functionName: queueName(name) }),
    ...(ids === undefined ? {} : { ids: ids.map((id) => knownRequestId(id)) }),
  };
}

/** An invocation as the API answers it. */
function asyncResultOf({ payload, ...detail }: AsyncDetail): AsyncResult {
  return payload === undefined ? detail : { ...detail, payload: Buffer.from(payload).toString() };
}
