import type { ChalkInstance } from 'chalk';
import type { AsyncCounts, AsyncInvocation, AsyncResult } from '../../contract/index.ts';
import { formatAge, formatBytes, formatDuration, plural } from './format.ts';
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
    ...errorFacts(result.payload, history.at(-1)?.errorType),
    [`event (${formatBytes(eventBytes)})`, safe(event)],
  ];
  return facts(pairs, width);
}

/** What waits, runs and failed, as `2 waiting, 1 running, 3 dead letters`; empty where there is nothing. */
export function eventsText(counts: readonly AsyncCounts[]): string {
  const sum = (name: keyof AsyncCounts): number => counts.reduce((total, one) => total + one[name], 0);
  const [pending, running, dead] = [sum('pending'), sum('running'), sum('dead')];
  const [completed, failed] = [sum('completed'), sum('failed')];
  if (pending + running + dead + completed + failed === 0) return '';
  const parts = [`${pending} waiting`, `${running} running`, `${completed} completed`, `${failed} failed`];
  return [...parts, plural(dead, 'dead letter')].join(', ');
}

/** Most lines of a stack that are shown. */
const STACK_LINES = 10;

/** An error document in words: its type and message, and where it was thrown; any other text as it is. */
function errorFacts(payload: string | undefined, errorType: string | undefined): [string, string][] {
  const { type, message, stack } = documentOf(payload);
  const words = [type, message].filter((part) => part !== '').join(': ');
  const error = words === '' ? (payload ?? errorType ?? '-') : words;
  const lines = stack.map((line) => line.trim().replace(/^at /, '')).filter((line) => line !== '' && line !== words);
  return [
    ['last error', safe(error)],
    ...lines.slice(0, STACK_LINES).map((line): [string, string] => ['at', safe(line)]),
  ];
}

function documentOf(payload: string | undefined): { type: string; message: string; stack: readonly string[] } {
  let document: unknown;
  try {
    document = JSON.parse(payload ?? '');
  } catch {
    // Not one of lam's.
  }
  const { errorType, errorMessage, stackTrace, trace } = Object(document) as Readonly<Record<string, unknown>>;
  const stack: unknown = Array.isArray(stackTrace) ? stackTrace : trace;
  return {
    type: typeof errorType === 'string' ? errorType : '',
    message: typeof errorMessage === 'string' ? errorMessage : '',
    stack: Array.isArray(stack) ? stack.filter((line) => typeof line === 'string') : [],
  };
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
