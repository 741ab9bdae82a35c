import { functionPart } from '../parameters.ts';
import { streamLogs } from '../logs.ts';
import { streamRoute, type ControlRoute } from '../route.ts';

/** Logs of functions. */
export const LOG_ROUTES: readonly ControlRoute[] = [
  streamRoute({
    id: 'logs.read',
    method: 'GET',
    path: '/functions/{name}/logs',
    summary: 'Records of a function, oldest first, one JSON document a line; with `follow` also new ones.',
    scope: 'read',
    query: ['since', 'until', 'lines', 'search', 'requestId', 'version', 'withoutPlatform', 'follow', 'mark'],
    lines: 'LogRecord',
    errors: ['LAM_REGISTRY_FUNCTION_NOT_FOUND', 'LAM_OPERATIONS_INVALID_VALUE'],
    run: ({ operations }, call) => streamLogs(operations, functionPart(operations, call), call.query, call.reply),
  }),
];
