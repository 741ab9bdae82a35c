import type { Outcome } from '../tally.ts';
import type { Simulation } from '../simulation.ts';
import { number, percent, ratio } from './format.ts';

/** Returns the report in Markdown. Pure. */
export function markdownReport(simulation: Simulation): string {
  const { trace, machine, outcomes, sweep } = simulation;
  const setting = `${number(trace.invocations)} invocations of ${number(trace.functions)} functions in ${number(trace.days)} days, from ${trace.from}; one machine with ${number(machine.memoryMiB)} MiB and ${machine.cores} cores; ${machine.concurrency} at once in a sandbox; a boot takes ${machine.bootMs} ms, a stem ${machine.stemMs} ms, and then the function's init.`;
  const rows = outcomes.map((outcome) => `| ${cellsOf(outcome, simulation).join(' | ')} |`);
  const parts = [
    '# Simulation',
    setting,
    [`| ${HEADINGS.join(' | ')} |`, `| --- ${'| --: '.repeat(HEADINGS.length - 1)}|`, ...rows].join('\n'),
    'Cold: the sandbox was not ready when the request came; a stem hit is cold too. Ratios: lam divided by that policy, cold share and idle memory; below 1 lam is better.',
  ];
  if (sweep.length > 0) {
    const points = sweep.map(
      (p) => `| ${p.price} | ${percent(p.coldShare)} | ${number(p.idleGBs)} | ${number(p.addedP99Ms)} |`,
    );
    parts.push(
      '## lam at fixed prices of memory',
      ['| price | cold share | idle GB-s | added p99, ms |', '| --: | --: | --: | --: |', ...points].join('\n'),
    );
  }
  return `${parts.join('\n\n')}\n`;
}

/** Headings of {@link cellsOf}. */
export const HEADINGS: readonly string[] = [
  'policy',
  'cold share',
  'stem hits',
  'added p50, ms',
  'p99',
  'among cold p50',
  'p99',
  'idle GB-s',
  'starts',
  'evictions',
  'wasted prewarms',
  'lam: cold',
  'lam: idle',
];

/** Returns a policy's row of the table. Pure. */
export function cellsOf(o: Outcome, { comparisons }: Pick<Simulation, 'comparisons'>): readonly string[] {
  const against = comparisons.find(({ policy }) => policy === o.policy);
  return [
    o.policy,
    percent(o.coldShare),
    number(o.stemHits),
    number(o.addedMs.p50),
    number(o.addedMs.p99),
    number(o.coldMs.p50),
    number(o.coldMs.p99),
    number(o.idleGBs),
    number(o.starts),
    number(o.evictions),
    `${number(o.prewarmsWasted)} of ${number(o.prewarms)}`,
    against === undefined ? '-' : ratio(against.coldShare),
    against === undefined ? '-' : ratio(against.idleGBs),
  ];
}
