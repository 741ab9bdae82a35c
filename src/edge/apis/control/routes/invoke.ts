import { isQualifier, type InvokedAnswer, type Qualifier } from '../../../../contract/index.ts';
import { lamError } from '../../../../errors/index.ts';
import { rightsRefusal } from '../../../../operations/index.ts';
import type { InvokeAnswer, InvokeRequest, Router } from '../../../../router/index.ts';
import { noteRefusal } from '../../../callers.ts';
import { isJson } from '../../../is-json.ts';
import { functionPart } from '../parameters.ts';
import { bytesRoute, type ControlRoute, type RouteCall } from '../route.ts';

const ERRORS = [
  'LAM_REGISTRY_FUNCTION_NOT_FOUND',
  'LAM_REGISTRY_VERSION_NOT_FOUND',
  'LAM_REGISTRY_ALIAS_NOT_FOUND',
  'LAM_EDGE_BAD_QUALIFIER',
  'LAM_EDGE_PAYLOAD_NOT_JSON',
] as const;

/** Invocations of functions, now and later. */
export const INVOKE_ROUTES: readonly ControlRoute[] = [
  bytesRoute({
    id: 'functions.invoke',
    method: 'POST',
    path: '/functions/{name}/invoke',
    summary: 'Invokes a function with a JSON event and answers what it returned, once that is whole.',
    scope: 'invoke',
    query: ['qualifier', 'log'],
    takes: ['application/json', 'application/octet-stream'],
    answer: 'InvokedAnswer',
    errors: [...ERRORS, 'LAM_LIMITS_RATE', 'LAM_POOL_THROTTLED'],
    async run({ operations, router, audit }, call) {
      const name = functionPart(operations, call);
      // Of all routes the only one that uses no operation, which would check that.
      const demand = { operation: 'functions.invoke', scopes: ['invoke'], functionName: name } as const;
      const refused = rightsRefusal(call.caller, demand);
      if (refused !== undefined) {
        noteRefusal(audit, call.caller.api, call.head, refused, { operation: demand.operation, function: name });
        throw refused;
      }
      const request = {
        name,
        qualifier: qualifierOf(call),
        event: eventOf(call),
        wantTail: call.query.log === true,
      };
      return answerOf(await invoke(router, request, call));
    },
  }),
  bytesRoute({
    id: 'functions.queue',
    method: 'POST',
    path: '/functions/{name}/invocations',
    summary: 'Queues a JSON event for a function; answers its id once it is durable.',
    scope: 'invoke',
    query: ['qualifier', 'notBefore'],
    takes: ['application/json', 'application/octet-stream'],
    answer: 'QueuedAnswer',
    errors: [...ERRORS, 'LAM_OPERATIONS_START_TIME', 'LAM_OPERATIONS_EVENTS_FULL', 'LAM_OPERATIONS_DEAD_LETTERS_FULL'],
    async run({ operations }, call) {
      const request = {
        name: functionPart(operations, call),
        qualifier: qualifierOf(call),
        notBefore: call.query.notBefore,
      };
      return { requestId: await operations.async.accept({ ...request, event: eventOf(call) }) };
    },
  }),
];

function qualifierOf({ query: { qualifier } }: RouteCall): Qualifier | undefined {
  if (qualifier === undefined || isQualifier(qualifier)) return qualifier;
  throw lamError('LAM_EDGE_BAD_QUALIFIER', { qualifier });
}

const EMPTY_EVENT = Buffer.from('{}');

/** The event; an empty body means `{}`. */
function eventOf({ bytes: event }: RouteCall): Uint8Array {
  if (event.byteLength === 0) return EMPTY_EVENT;
  if (!isJson(event)) throw lamError('LAM_EDGE_PAYLOAD_NOT_JSON', { why: 'the body is not a JSON document' });
  return event;
}

function invoke(router: Router, request: InvokeRequest, { reply }: RouteCall): Promise<InvokeAnswer> {
  return new Promise((answered, failed) => {
    reply.cancelWhenGone(router.start(request, { answered, failed }));
  });
}

function answerOf({
  requestId,
  version,
  status,
  errorType,
  durationMs,
  start,
  ...answer
}: InvokeAnswer): InvokedAnswer {
  return {
    ...{ requestId, version, status, durationMs, start, payload: payloadOf(answer.payload) },
    ...(errorType === undefined ? {} : { errorType }),
    ...(answer.tail === undefined ? {} : { log: answer.tail }),
  };
}

function payloadOf(bytes: Uint8Array): unknown {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return text;
  }
}
