import { triggerPart } from '../parameters.ts';
import { jsonRoute, type ControlRoute } from '../route.ts';
import { DONE } from './done.ts';

const PATH = '/functions/{name}/triggers/{type}/{trigger}';
const NOT_FOUND = ['LAM_REGISTRY_FUNCTION_NOT_FOUND', 'LAM_TRIGGERS_NOT_FOUND'] as const;

/** Triggers that the daemon runs. */
export const TRIGGER_ROUTES: readonly ControlRoute[] = [
  jsonRoute({
    id: 'triggers.list',
    method: 'GET',
    path: '/triggers',
    summary: 'The triggers that the daemon runs; those of type `http` are not among them.',
    scope: 'read',
    query: ['type'],
    answer: 'TriggerList',
    run: ({ operations }, { query }) => operations.triggers.list(query.type),
  }),
  jsonRoute({
    id: 'triggers.get',
    method: 'GET',
    path: PATH,
    summary: 'A trigger with its state and settings.',
    scope: 'read',
    tagged: 'trigger',
    answer: 'TriggerDetail',
    errors: NOT_FOUND,
    run: ({ operations }, call) => operations.triggers.detail(triggerPart(operations, call)),
  }),
  jsonRoute({
    id: 'triggers.pause',
    method: 'POST',
    path: `${PATH}/pause`,
    summary: 'Pauses a trigger, also after restarts and for later versions that have it.',
    scope: 'deploy',
    tagged: 'trigger',
    answer: 'Done',
    errors: NOT_FOUND,
    async run({ operations }, call) {
      await operations.triggers.setPaused(triggerPart(operations, call), true);
      return DONE;
    },
  }),
  jsonRoute({
    id: 'triggers.resume',
    method: 'POST',
    path: `${PATH}/resume`,
    summary: 'Resumes a trigger that was paused.',
    scope: 'deploy',
    tagged: 'trigger',
    answer: 'Done',
    errors: NOT_FOUND,
    async run({ operations }, call) {
      await operations.triggers.setPaused(triggerPart(operations, call), false);
      return DONE;
    },
  }),
  jsonRoute({
    id: 'triggers.test',
    method: 'POST',
    path: `${PATH}/test`,
    summary: 'Sends an event through a trigger to its function, paused or not.',
    scope: 'invoke',
    body: 'TestTriggerRequest',
    answer: 'TriggerTest',
    errors: [...NOT_FOUND, 'LAM_TRIGGERS_NO_EVENT', 'LAM_TRIGGERS_BAD_EVENT'],
    run: ({ operations }, call) => operations.triggers.test(triggerPart(operations, call), call.body.event),
  }),
  jsonRoute({
    id: 'triggers.run',
    method: 'POST',
    path: `${PATH}/run`,
    summary: 'Queues an event of a trigger now, paused or not.',
    scope: 'invoke',
    answer: 'QueuedAnswer',
    errors: [...NOT_FOUND, 'LAM_TRIGGERS_NO_EVENT'],
    run: ({ operations }, call) => operations.triggers.run(triggerPart(operations, call)),
  }),
];
