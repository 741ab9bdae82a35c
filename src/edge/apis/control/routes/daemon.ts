import { isFunctionName } from '../../../../contract/index.ts';
import { lamError } from '../../../../errors/index.ts';
import { jsonRoute, type ControlRoute } from '../route.ts';
import { DONE } from './done.ts';

/** The daemon itself, its disk and its counts. */
export const DAEMON_ROUTES: readonly ControlRoute[] = [
  jsonRoute({
    id: 'daemon.status',
    method: 'GET',
    path: '/status',
    summary: 'What the daemon is, and what it holds.',
    scope: 'read',
    answer: 'Status',
    run: ({ operations }) => operations.runtime.status(),
  }),
  jsonRoute({
    id: 'daemon.stop',
    method: 'POST',
    path: '/stop',
    summary: 'Begins to drain; the daemon ends once what runs has ended.',
    scope: 'admin',
    answer: 'Done',
    run({ operations }) {
      operations.runtime.stop();
      return DONE;
    },
  }),
  jsonRoute({
    id: 'daemon.gc',
    method: 'POST',
    path: '/gc',
    summary: 'Removes old versions, then artifacts and files that nothing uses.',
    scope: 'admin',
    body: 'GcRequest',
    answer: 'GcAnswer',
    errors: ['LAM_OPERATIONS_INVALID_VALUE'],
    run({ operations }, { body }) {
      const wrong = body.only?.find(({ name }) => !isFunctionName(name));
      if (wrong !== undefined)
        throw lamError('LAM_EDGE_BAD_REQUEST', { what: `'${wrong.name}' in 'only' is not a function's name` });
      return operations.storage.gc(body);
    },
  }),
  jsonRoute({
    id: 'daemon.df',
    method: 'GET',
    path: '/df',
    summary: 'Bytes on the disk, by function and in total.',
    scope: 'read',
    answer: 'DfAnswer',
    run: ({ operations }) => operations.storage.df(),
  }),
];
