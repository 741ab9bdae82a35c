import type { LogRecord } from '../../contract/log-record.ts';
import { printable } from '../../errors/printable.ts';

export type LogFormat = 'pretty' | 'json' | 'raw';

/** Sequences that begin and end a colour on a terminal (ECMA-48, 8.3.117). */
const DIM = ['\u001b[2m', '\u001b[22m'] as const;
const YELLOW = ['\u001b[33m', '\u001b[39m'] as const;
const CYAN = ['\u001b[36m', '\u001b[39m'] as const;

type Color = readonly [begin: string, end: string];

/**
 * One record as lines with a line break at the end. `pretty`: local time, start of the request id, text without
 * control characters; `json`: the record as one line; `raw`: the text exactly as the function printed it.
 */
export function renderLogRecord(record: LogRecord, format: LogFormat, colored: boolean): string {
  if (format === 'json') return `${JSON.stringify(record)}\n`;
  if (format === 'raw') return `${record.text}\n`;
  const paint = (text: string, color: Color | undefined): string =>
    colored && color !== undefined && text !== '' ? color[0] + text + color[1] : text;
  const color = record.stream === 'stderr' ? YELLOW : record.stream === 'platform' ? CYAN : undefined;
  const prefix = paint(`${clockTime(record.time)} ${record.requestId.slice(0, 8).padEnd(8)}`, DIM);
  const [first = '', ...rest] = printable(record.text).trimEnd().split('\n');
  // Continuation lines are indented, so that they cannot be mistaken for records.
  return (
    [`${prefix} ${paint(first, color)}`, ...rest.map((line) => `${' '.repeat(12 + 1 + 8)} ${paint(line, color)}`)].join(
      '\n',
    ) + '\n'
  );
}

/** `HH:MM:SS.mmm` in local time. */
function clockTime(time: number): string {
  const at = new Date(time);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}
