import type { Progress, Simulation } from '../../simulator/index.ts';
import { cellsOf, HEADINGS, number, percent } from '../../simulator/index.ts';
import type { Output } from '../output.ts';
import { writeAll } from '../fast/write.ts';
import { table } from './table.ts';

/** Text of `lam simulate`. */
export function renderSimulation(simulation: Simulation): string {
  const { trace, machine, outcomes, sweep } = simulation;
  const head = [
    `${number(trace.invocations)} invocations of ${number(trace.functions)} functions in ${number(trace.days)} days (${trace.from})`,
    `${number(machine.memoryMiB)} MiB, ${machine.cores} cores; at once in a sandbox: ${machine.concurrency}; boot ${machine.bootMs} ms, stem ${machine.stemMs} ms, then init`,
  ].join('\n');
  const results = table(
    outcomes.map((outcome) => cellsOf(outcome, simulation)),
    HEADINGS.map((heading, at) => ({
      heading: heading.toUpperCase(),
      cell: (cells: readonly string[]) => cells[at] ?? '',
      ...(at === 0 ? {} : { align: 'right' as const }),
    })),
  );
  const legend =
    'A stem hit counts as cold. Added: wait before the handler. LAM: lam divided by that policy; below 1x lam is better.';
  const curve = table(sweep, [
    { heading: 'PRICE OF MEMORY', cell: (p) => String(p.price) },
    { heading: 'COLD SHARE', cell: (p) => percent(p.coldShare), align: 'right' },
    { heading: 'IDLE GB-S', cell: (p) => number(p.idleGBs), align: 'right' },
    { heading: 'ADDED P99, MS', cell: (p) => number(p.addedP99Ms), align: 'right' },
  ]);
  return [head, results, legend, ...(curve === '' ? [] : [`lam at fixed prices:\n${curve}`])].join('\n\n');
}

/** Shows progress on stderr: a redrawn line on a terminal, otherwise one line per run; nothing with `--json`. */
export function simulationProgress(out: Output): Progress {
  return (policy, share) => {
    if (out.animated) writeAll(2, share < 1 ? `\r\u001B[K${policy}: ${Math.floor(share * 100)} %` : '\r\u001B[K');
    else if (share === 0) out.note(`running ${policy}`);
  };
}
