import { streamAudit } from '../audit.ts';
import { streamRoute, type ControlRoute } from '../route.ts';

/** The audit log. */
export const AUDIT_ROUTES: readonly ControlRoute[] = [
  streamRoute({
    id: 'audit.read',
    method: 'GET',
    path: '/audit',
    summary: 'Changes and refusals, oldest first, one JSON document a line; with `follow` also new ones.',
    scope: 'admin',
    query: ['since', 'key', 'function', 'outcome', 'lines', 'follow'],
    lines: 'AuditEntry',
    run: ({ operations }, { query, reply }) => streamAudit(operations, query, reply),
  }),
];
