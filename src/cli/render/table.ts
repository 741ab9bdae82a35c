import { stripVTControlCharacters } from 'node:util';
import { printable } from '../../errors/index.ts';

/** A column: its heading and a row's cell. Cells may be coloured. */
export interface Column<Row> {
  readonly heading: string;
  readonly cell: (row: Row) => string;
  readonly align?: 'right';
  /**
   * Left out where the table is too wide: first those without a value in any row, then those with the smallest number;
   * absent: stays.
   */
  readonly drop?: number;
  /** Characters to which longer cells may be shortened where the table is too wide; absent: cells stay whole. */
  readonly least?: number;
}

/**
 * Aligned columns with headings and no trailing blanks; empty for no rows. Where `limit` is given (characters of a
 * line), leaves out and shortens columns that allow it.
 */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], limit = Infinity): string {
  if (rows.length === 0) return '';
  const { shown, widths } = fitted(rows, columns, limit);
  const grid = [shown.map((c) => c.heading), ...rows.map((row) => shown.map((c) => oneLine(c.cell(row))))];
  return grid
    .map((cells) =>
      cells
        .map((cell, i) => pad(shortened(cell, widths[i] ?? 0), widths[i] ?? 0, shown[i]?.align))
        .join(GAP)
        .trimEnd(),
    )
    .join('\n');
}

const GAP = '  ';
/** Cells that hold no value. */
const BLANKS: ReadonlySet<string> = new Set(['', '-']);

/** The columns that fit, and their widths. */
function fitted<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  limit: number,
): { readonly shown: readonly Column<Row>[]; readonly widths: readonly number[] } {
  const full = (c: Column<Row>): number =>
    // Not as arguments of one call: a function has no room for those of a hundred thousand rows.
    rows.reduce((most, row) => Math.max(most, width(oneLine(c.cell(row)))), width(c.heading));
  const least = (c: Column<Row>): number => Math.min(full(c), Math.max(c.heading.length, c.least ?? Infinity));
  const total = (of: readonly Column<Row>[], size: (c: Column<Row>) => number): number =>
    of.reduce((sum, c) => sum + size(c) + GAP.length, -GAP.length);
  let shown = columns;
  const isTooWide = (): boolean => total(shown, least) > limit;
  for (const next of isTooWide() ? inDropOrder(rows, columns) : [])
    if (isTooWide()) shown = shown.filter((c) => c !== next);
  let excess = total(shown, full) - limit;
  const widths = shown.toReversed().map((c) => {
    const cut = Math.max(0, Math.min(excess, full(c) - least(c)));
    excess -= cut;
    return full(c) - cut;
  });
  return { shown, widths: widths.toReversed() };
}

/** The columns that may be left out, in that order. */
function inDropOrder<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): readonly Column<Row>[] {
  const isBlank = (c: Column<Row>): boolean => rows.every((row) => BLANKS.has(c.cell(row)));
  const ranked = columns.flatMap((c) => (c.drop === undefined ? [] : [{ c, rank: isBlank(c) ? -Infinity : c.drop }]));
  return ranked.toSorted((a, b) => a.rank - b.rank).map(({ c }) => c);
}

/** One name and value per line, values aligned; where `limit` is given (characters), long values go on below. */
export function facts(pairs: readonly (readonly [name: string, value: string])[], limit = Infinity): string {
  const indent = Math.max(0, ...pairs.map(([name]) => name.length)) + 2;
  return pairs
    .map(([name, value]) =>
      wrapped(`${(name === '' ? '' : `${name}:`).padEnd(indent)}${value}`.trimEnd(), limit, indent),
    )
    .join('\n');
}

/** Breaks lines between words so that they have at most `limit` characters; further lines begin with `indent` blanks. */
export function wrapped(text: string, limit: number, indent: number): string {
  const lines: string[] = [];
  let line = text.slice(0, indent);
  for (const word of text.slice(indent).split(' ')) {
    const isFirst = width(line) <= indent;
    if (!isFirst && width(line) + 1 + width(word) > limit) {
      lines.push(line);
      line = ' '.repeat(indent) + word;
    } else line += isFirst ? word : ` ${word}`;
  }
  return [...lines, line].join('\n');
}

/** Makes untrusted text safe to print in a cell. */
export function safe(text: string): string {
  return printable(text).replaceAll(/[\n\t]/g, ' ');
}

function oneLine(text: string): string {
  return text.replaceAll('\n', ' ');
}

/** Cuts a cell, which loses its colours then. */
function shortened(cell: string, to: number): string {
  if (width(cell) <= to) return cell;
  return `${Array.from(stripVTControlCharacters(cell))
    .slice(0, Math.max(0, to - 1))
    .join('')}…`;
}

function width(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length;
}

function pad(text: string, to: number, align: 'right' | undefined): string {
  const fill = ' '.repeat(Math.max(0, to - width(text)));
  return align === 'right' ? fill + text : text + fill;
}
