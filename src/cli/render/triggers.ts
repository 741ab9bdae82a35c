import type { TriggerDetail } from '../../contract/index.ts';
import { fullName } from '../services/triggers.ts';
import { formatAge, formatSpan } from './format.ts';
import { facts, safe, table } from './table.ts';

/** Table of `lam trigger list`. */
export function renderTriggers(triggers: readonly TriggerDetail[], now: number, limit?: number): string {
  return table(
    triggers,
    [
      { heading: 'FUNCTION', cell: (t) => safe(t.functionName), least: 12 },
      { heading: 'TRIGGER', cell: (t) => safe(fullName(t)), least: 16 },
      { heading: 'STATE', cell: (t) => t.state },
      { heading: 'SINCE', cell: (t) => formatAge(t.since, now), drop: 1 },
      { heading: 'DONE', cell: ({ counts }) => count(counts?.succeeded), drop: 2 },
      { heading: 'DEAD', cell: ({ counts }) => count(counts?.dead), drop: 3 },
      { heading: 'LAG', cell: ({ lag }) => count(lag), drop: 4 },
      { heading: 'CAUSE', cell: ({ cause }) => safe(cause ?? ''), least: 18, drop: 5 },
    ],
    limit,
  );
}

/** What the triggers of one kind do, and did since the daemon started them. */
type KindCounts = Readonly<
  Record<TriggerDetail['state'] | 'refused' | 'succeeded' | 'failed' | 'retried' | 'dead' | 'lag', number>
>;

/** Sums up triggers by kind. Pure. */
export function triggerCounts(triggers: readonly TriggerDetail[]): Readonly<Record<string, KindCounts>> {
  const kinds: Record<string, { -readonly [K in keyof KindCounts]: number }> = {};
  for (const { type, state, counts, lag = 0 } of triggers) {
    const kind = (kinds[type] ??= { ...NOTHING });
    kind[state]++;
    kind.lag += lag;
    for (const what of ['refused', 'succeeded', 'failed', 'retried', 'dead'] as const)
      kind[what] += counts?.[what] ?? 0;
  }
  return kinds;
}

const NOTHING: KindCounts = {
  ...{ starting: 0, running: 0, retrying: 0, paused: 0 },
  ...{ refused: 0, succeeded: 0, failed: 0, retried: 0, dead: 0, lag: 0 },
};

/** The counts of all kinds in one line, those that are 0 left out; empty without triggers. Pure. */
export function triggerCountsText(kinds: Readonly<Record<string, KindCounts>>): string {
  return Object.entries(kinds)
    .map(([type, counts]) => {
      return `${safe(type)}: ${nonZero(counts).join(', ')}`;
    })
    .join('; ');
}

/** Numbers with their names, as `7 succeeded`, those that are 0 left out. Pure. */
export function nonZero(numbers: Readonly<Record<string, number>>): readonly string[] {
  return Object.entries(numbers)
    .filter(([, number]) => number > 0)
    .map(([what, number]) => `${number} ${what}`);
}

/** Page of `lam trigger show`. */
export function renderTrigger(trigger: TriggerDetail & { readonly url?: string }, now: number, limit?: number): string {
  const { state, since, cause, hint, lag, lags = {}, counts, config } = trigger;
  const numbers = Object.entries(counts ?? {})
    .filter(([what, number]) => what !== 'refused' || number > 0 || trigger.type === 'webhook')
    .map(([what, number]): [string, string] => [what, String(number)]);
  const settings = Object.entries(config)
    .filter(([key]) => key !== 'type')
    .map(([key, value]): [string, string] => [key, safe(typeof value === 'string' ? value : JSON.stringify(value))]);
  const pairs: [string, string][] = [
    ['function', safe(trigger.functionName)],
    ['trigger', safe(fullName(trigger))],
    ['state', `${state} for ${formatSpan(since, now)}`],
    ['cause', safe(cause ?? '')],
    ['hint', safe(hint ?? '')],
    ['url', safe(trigger.url ?? '')],
    ['lag', lag === undefined ? '' : `${lag}${partsText(lags)}`],
  ];
  return [pairs.filter(([, value]) => value !== ''), numbers, settings]
    .filter((part) => part.length > 0)
    .map((part) => facts(part, limit))
    .join('\n\n');
}

/** Lags by part: ` (orders-0: 3, orders-1: 0)`. */
function partsText(lags: Readonly<Record<string, number>>): string {
  const parts = Object.entries(lags).map(([part, lag]) => `${safe(part)}: ${lag}`);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

function count(number: number | undefined): string {
  return number === undefined ? '-' : String(number);
}
