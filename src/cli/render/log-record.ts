import type { ChalkInstance } from 'chalk';
import type { LogRecord } from '../../contract/index.ts';
import { printable } from '../../errors/index.ts';

export type LogFormat = 'pretty' | 'json' | 'raw';

/**
 * One record as lines with a line break at the end. `pretty`: local time, start of the request id, text without
 * control characters; `json`: the record as one line; `raw`: the text exactly as the function printed it.
 */
export function renderLogRecord(record: LogRecord, format: LogFormat, color: ChalkInstance): string {
  if (format === 'json') return `${JSON.stringify(record)}\n`;
  if (format === 'raw') return `${record.text}\n`;
  const paint = record.stream === 'stderr' ? color.yellow : record.stream === 'platform' ? color.cyan : (text: string): string => text;
  const prefix = color.dim(`${clockTime(record.time)} ${record.requestId.slice(0, 8).padEnd(8)}`);
  const [first = '', ...rest] = printable(record.text).trimEnd().split('\n');
  // Later lines of the same record are set in, so that they cannot pass for records of their own.
  return [`${prefix} ${paint(first)}`, ...rest.map((line) => `${' '.repeat(12 + 1 + 8)} ${paint(line)}`)].join('\n') + '\n';
}

/** `HH:MM:SS.mmm` in local time. */
function clockTime(time: number): string {
  const at = new Date(time);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}
