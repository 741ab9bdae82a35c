import { stripVTControlCharacters } from 'node:util';
import { printable } from '../../errors/index.ts';

/** A column: its heading and a row's cell. Cells may be coloured. */
export interface Column<Row> {
  readonly heading: string;
  readonly cell: (row: Row) => string;
  readonly align?: 'right';
}

/** Aligned columns with headings and no trailing blanks; empty for no rows. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  if (rows.length === 0) return '';
  const grid = [columns.map((c) => c.heading), ...rows.map((row) => columns.map((c) => oneLine(c.cell(row))))];
  const widths = columns.map((_, i) => Math.max(...grid.map((cells) => width(cells[i] ?? ''))));
  return grid
    .map((cells) =>
      cells
        .map((cell, i) => pad(cell, widths[i] ?? 0, columns[i]?.align))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** One name and value per line, values aligned. */
export function facts(pairs: readonly (readonly [name: string, value: string])[]): string {
  const widest = Math.max(0, ...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${`${name}:`.padEnd(widest + 2)}${value}`.trimEnd()).join('\n');
}

/** Makes untrusted text safe to print in a cell. */
export function safe(text: string): string {
  return printable(text).replaceAll(/[\n\t]/g, ' ');
}

function oneLine(text: string): string {
  return text.replaceAll('\n', ' ');
}

function width(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length;
}

function pad(text: string, to: number, align: 'right' | undefined): string {
  const fill = ' '.repeat(Math.max(0, to - width(text)));
  return align === 'right' ? fill + text : text + fill;
}
