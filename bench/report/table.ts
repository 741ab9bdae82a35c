import type { Outcome } from '../measure.ts';
import { figureText, gateText, sideText } from './format.ts';

const HEAD = ['measure', 'lam', 'floor', 'figure [95 %]', 'gate', 'aim', 'verdict'];

function cellsOf(outcome: Outcome): readonly string[] {
  const { title, lam, floor, floorName, unit, figure, interval, gate, verdict } = outcome;
  const [low, high] = interval ?? [Number.NaN, Number.NaN];
  const spread =
    interval === null || low === high ? '' : ` [${figureText(outcome, low)}, ${figureText(outcome, high)}]`;
  return [
    title,
    sideText(lam, unit),
    floorName === null ? '-' : `${floor === null ? '' : `${sideText(floor, unit)}: `}${floorName}`,
    figure === null ? '-' : `${figureText(outcome, figure)}${spread}`,
    gateText(outcome, gate),
    gateText(outcome, gate, 'aim'),
    verdict === 'missed' || verdict === 'failed' ? verdict.toUpperCase() : verdict,
  ];
}

/** The lines under a table: reasons for missing figures, and notes. Pure. */
export function remarks(outcomes: readonly Outcome[]): readonly string[] {
  return outcomes.flatMap((outcome, at) => {
    const { title, notes, beside, unit, verdict, row } = outcome;
    // All measures of a row fail for one reason, which is said once.
    const before = outcomes[at - 1];
    const why = before?.row === row && before.why === outcome.why ? undefined : outcome.why;
    const others = beside.map(
      ({ name, value, ratio }) =>
        `${name} ${sideText(value, unit)}${ratio === null ? '' : ` (${ratio.toFixed(2)}x the floor)`}`,
    );
    const said = [...(why === undefined ? [] : [`${verdict}: ${why}`]), ...notes, ...others];
    return said.length === 0 ? [] : [`${title}: ${said.join('; ')}`];
  });
}

/** For a terminal: columns as wide as they must be. Pure. */
export function plainTable(outcomes: readonly Outcome[]): string {
  const rows = [HEAD, ...outcomes.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const lines = rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

/** The same as Markdown. Pure. */
export function markdownTable(outcomes: readonly Outcome[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return `${[line(HEAD), line(HEAD.map(() => '---')), ...outcomes.map((outcome) => line(cellsOf(outcome)))].join('\n')}\n`;
}

/** `21 of 24 gates hold, 1 missed, 2 not run`. Pure. */
export function summary(outcomes: readonly Outcome[]): string {
  const count = (verdict: Outcome['verdict']): number => outcomes.filter((o) => o.verdict === verdict).length;
  const rest = (['missed', 'failed', 'not run'] as const).filter((v) => count(v) > 0).map((v) => `${count(v)} ${v}`);
  return [`${count('holds')} of ${outcomes.length} gates hold`, ...rest].join(', ');
}
