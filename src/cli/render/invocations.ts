import type { ChalkInstance } from 'chalk';
import type { AsyncInvocation, AsyncResult } from '../../contract/index.ts';
import { formatAge, formatBytes, formatDuration } from './format.ts';
import { facts, safe, table } from './table.ts';

/** What lists and details are printed with. */
export interface InvocationLook {
  readonly color: ChalkInstance;
  /** Characters of a line. */
  readonly width: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The table of `lam invocations` and `lam dlq list`. */
export function renderInvocations(
  invocations: readonly AsyncInvocation[],
  { color, width, now }: InvocationLook,
): string {
  return table(
    invocations,
    [
      { heading: 'ID', cell: ({ id }) => safe(id) },
      { heading: 'FUNCTION', cell: (one) => safe(nameOf(one)), least: 12 },
      { heading: 'STATE', cell: (one) => stateOf(one, color) },
      { heading: 'ATTEMPTS', cell: ({ attempts }) => String(attempts), align: 'right', drop: 2 },
      { heading: 'ACCEPTED', cell: ({ acceptedAt }) => formatAge(acceptedAt, now), drop: 1 },
      { heading: 'NOTE', cell: (one) => noteOf(one, now), drop: 3 },
    ],
    width,
  );
}

/** The facts of `lam dlq show`. */
export function renderDeadLetter(result: AsyncResult, event: string, { width, now }: InvocationLook): string {
  const { id, acceptedAt, finishedAt, attempts, interrupted, history, eventBytes } = result;
  const pairs: [string, string][] = [
    ['id', safe(id)],
    ['function', safe(nameOf(result))],
    ['reason', result.dead ?? '-'],
    ['accepted', formatAge(acceptedAt, now)],
    ['failed', finishedAt === undefined ? '-' : formatAge(finishedAt, now)],
    ['attempts', `${attempts}${interrupted === 0 ? '' : `, and ${interrupted} without a known end`}`],
    ['last error', safe(result.payload ?? history.at(-1)?.errorType ?? '-')],
    [`event (${formatBytes(eventBytes)})`, safe(event)],
  ];
  return facts(pairs, width);
}

function nameOf({ functionName, qualifier }: AsyncInvocation): string {
  if (qualifier === undefined) return functionName;
  return /^[0-9]+$/.test(qualifier) ? `${functionName}@${qualifier}` : `${functionName}:${qualifier}`;
}

function stateOf({ state }: AsyncInvocation, color: ChalkInstance): string {
  if (state === 'COMPLETED') return color.green(state);
  return state === 'FAILED' ? color.red(state) : state;
}

function noteOf({ state, dead, notBefore, startedAt, finishedAt }: AsyncInvocation, now: number): string {
  if (dead !== undefined) return dead;
  if (state === 'PENDING' && notBefore > now) return `in ${formatDuration(notBefore - now)}`;
  if (finishedAt !== undefined && startedAt !== undefined) return formatDuration(Math.max(0, finishedAt - startedAt));
  return '';
}
