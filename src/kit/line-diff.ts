/** Lines of context around a change. */
const CONTEXT = 3;
/** Above this number of changed lines, everything between the first and the last change counts as replaced. */
const MOST_EDITS = 1000;

/** A line of one text or of both, with its line feed if it has one. */
interface DiffLine {
  /** ` ` in both, `-` only in the first, `+` only in the second. */
  readonly kind: ' ' | '-' | '+';
  readonly text: string;
}

/**
 * Returns the differences of two texts as the hunks of a unified diff (`@@ -1,3 +1,4 @@`, then lines after a blank, `-`
 * or `+`), which `patch` accepts; empty if the texts are equal. A shortest list of edits, unless there are very many.
 * Pure.
 */
export function unifiedDiff(before: string, after: string): string {
  const lines = diffLines(linesOf(before), linesOf(after));
  return hunksOf(lines)
    .map((hunk) => printed(lines, hunk))
    .join('');
}

/** Splits into lines that keep their line feed. */
function linesOf(text: string): string[] {
  return text === '' ? [] : text.split(/(?<=\n)/);
}

function diffLines(old: readonly string[], now: readonly string[]): readonly DiffLine[] {
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start += 1;
  let end = 0;
  while (end < old.length - start && end < now.length - start && old.at(-1 - end) === now.at(-1 - end)) end += 1;
  const [oldMiddle, nowMiddle] = [old.slice(start, old.length - end), now.slice(start, now.length - end)];
  return [
    ...old.slice(0, start).map(common),
    ...removalsFirst(shortestEdits(oldMiddle, nowMiddle) ?? replacement(oldMiddle, nowMiddle)),
    ...old.slice(old.length - end).map(common),
  ];
}

function common(text: string): DiffLine {
  return { kind: ' ', text };
}

function replacement(old: readonly string[], now: readonly string[]): readonly DiffLine[] {
  return [...old.map((text) => ({ kind: '-', text }) as const), ...now.map((text) => ({ kind: '+', text }) as const)];
}

/** Myers' greedy algorithm; undefined for more than {@link MOST_EDITS} edits. */
function shortestEdits(old: readonly string[], now: readonly string[]): readonly DiffLine[] | undefined {
  const most = Math.min(old.length + now.length, MOST_EDITS);
  const origin = most + 1;
  /** The furthest line of `old` on each diagonal (line of `old` minus line of `now`). */
  const furthest = new Int32Array(2 * most + 3);
  const trace: Int32Array[] = [];
  for (let edits = 0; edits <= most; edits += 1) {
    trace.push(furthest.slice());
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const step = stepTo(furthest, origin, diagonal, edits);
      let x = step.inserts ? step.x : step.x + 1;
      while (x < old.length && x - diagonal < now.length && old[x] === now[x - diagonal]) x += 1;
      furthest[origin + diagonal] = x;
      if (x >= old.length && x - diagonal >= now.length) return walkBack(trace, origin, old, now);
    }
  }
  return undefined;
}

/** The step that reaches a diagonal furthest: from which diagonal and line, and whether it inserts a line. */
function stepTo(
  furthest: Int32Array,
  origin: number,
  diagonal: number,
  edits: number,
): { readonly diagonal: number; readonly x: number; readonly inserts: boolean } {
  const at = (other: number): number => furthest[origin + other] ?? 0;
  const inserts = diagonal === -edits || (diagonal !== edits && at(diagonal - 1) < at(diagonal + 1));
  const from = inserts ? diagonal + 1 : diagonal - 1;
  return { diagonal: from, x: at(from), inserts };
}

function walkBack(
  trace: readonly Int32Array[],
  origin: number,
  old: readonly string[],
  now: readonly string[],
): readonly DiffLine[] {
  const reversed: DiffLine[] = [];
  let [x, y] = [old.length, now.length];
  for (let edits = trace.length - 1; edits >= 0; edits -= 1) {
    const step = stepTo(trace[edits] ?? new Int32Array(), origin, x - y, edits);
    const [fromX, fromY] = edits === 0 ? [0, 0] : [step.x, step.x - step.diagonal];
    while (x > fromX && y > fromY) {
      reversed.push(common(old[x - 1] ?? ''));
      x -= 1;
      y -= 1;
    }
    if (edits === 0) break;
    reversed.push(step.inserts ? { kind: '+', text: now[y - 1] ?? '' } : { kind: '-', text: old[x - 1] ?? '' });
    [x, y] = [fromX, fromY];
  }
  return reversed.reverse();
}

/** Puts the removed lines of each group of changes before the added ones. */
function removalsFirst(lines: readonly DiffLine[]): readonly DiffLine[] {
  const sorted: DiffLine[] = [];
  let added: DiffLine[] = [];
  for (const line of lines) {
    if (line.kind === '+') {
      added.push(line);
      continue;
    }
    if (line.kind === ' ') {
      sorted.push(...added);
      added = [];
    }
    sorted.push(line);
  }
  return [...sorted, ...added];
}

/** Ranges of lines to print: the changes with their context; ranges that touch are one. */
function hunksOf(lines: readonly DiffLine[]): readonly (readonly [start: number, end: number])[] {
  const hunks: [number, number][] = [];
  for (const [index, { kind }] of lines.entries()) {
    if (kind === ' ') continue;
    const last = hunks.at(-1);
    const end = Math.min(lines.length, index + 1 + CONTEXT);
    if (last !== undefined && index - CONTEXT <= last[1]) last[1] = end;
    else hunks.push([Math.max(0, index - CONTEXT), end]);
  }
  return hunks;
}

function printed(lines: readonly DiffLine[], [start, end]: readonly [number, number]): string {
  const hunk = lines.slice(start, end);
  const range = (kind: '-' | '+'): string => {
    const count = hunk.filter((line) => line.kind === ' ' || line.kind === kind).length;
    const above = lines.slice(0, start).filter((line) => line.kind === ' ' || line.kind === kind).length;
    // An empty range is named by the line before it.
    return `${kind}${count === 0 ? above : above + 1},${count}`;
  };
  const body = hunk.map(({ kind, text }) =>
    text.endsWith('\n') ? `${kind}${text}` : `${kind}${text}\n\\ No newline at end of file\n`,
  );
  return `@@ ${range('-')} ${range('+')} @@\n${body.join('')}`;
}
