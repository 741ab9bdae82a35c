import type { ChalkInstance } from 'chalk';
import type { AuditActor, AuditEntry } from '../../contract/index.ts';
import { safe } from './table.ts';

/** One line of `lam audit`. Operations have the name that the API which was used has for them. */
export function auditLine(entry: AuditEntry, color: ChalkInstance): string {
  const { time, who, api, operation, request, function: name, target, from, outcome, code, count } = entry;
  const paint = outcome === 'done' ? color.green : outcome === 'failed' ? color.yellow : color.red;
  const about = [name, target].flatMap((text) => (text === undefined ? [] : [safe(text)])).join(', ');
  const parts = [
    color.dim(time),
    paint(outcome.padEnd(7)),
    actorText(who).padEnd(16),
    `${safe(request ?? operation)}${about === '' ? '' : ` ${about}`}`,
    color.dim(`by ${safe(api === 'control' ? "lam's own API" : api)} from ${safe(from)}`),
    ...(code === undefined ? [] : [safe(code)]),
    ...(count === undefined ? [] : [`and ${count} more`]),
  ];
  return parts.join('  ');
}

function actorText({ kind, name }: AuditActor): string {
  const shown = safe(name);
  if (kind === 'key') return `key ${shown}`;
  if (kind === 'token') return 'token';
  if (kind === 'socket') return shown === '' ? 'owner' : shown;
  if (kind === 'local') return 'local user';
  return shown === '' ? 'unknown' : `unknown ${shown}`;
}
