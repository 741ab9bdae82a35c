import type { LogRecord, LogStream, PlatformRecord } from '../contract/index.ts';

/**
 * A record as it is kept: a JSON array on one line, `[time, stream letter, request id, version, sandbox, text or
 * platform record]`. Platform records keep their figures; their text is written when they are read.
 */
const LETTER: Record<LogStream, string> = { stdout: 'o', stderr: 'e', platform: 'p' };
const STREAM: Record<string, LogStream> = { o: 'stdout', e: 'stderr', p: 'platform' };

/** Who printed. */
export interface Source {
  readonly version: number;
  /** An id of the pool: hex, so it needs no escaping. */
  readonly sandbox: string;
}

const START = '{"type":"start"}';

/** What a function printed, as it is kept. `requestId`: a UUID or empty, so it needs no escaping either. */
// oxlint-disable-next-line max-params -- called once per line: an options object would be one more allocation
export function encodeText(source: Source, stream: LogStream, text: string, requestId: string, time: number): string {
  return `[${time},"${LETTER[stream]}","${requestId}",${source.version},"${source.sandbox}",${JSON.stringify(text)}]`;
}

/** What lam notes about an invocation, as it is kept. */
export function encodePlatform(source: Source, record: PlatformRecord, requestId: string, time: number): string {
  const json = record.type === 'start' ? START : JSON.stringify(record);
  return `[${time},"p","${requestId}",${source.version},"${source.sandbox}",${json}]`;
}

/** Undefined for a line that is no record (cut short by a crash). */
export function decodeRecord(line: string): LogRecord | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    // A half-written line ends a chunk at most; the rest is good.
    return undefined;
  }
  if (!Array.isArray(parsed) || parsed.length !== 6) return undefined;
  const [time, letter, requestId, version, sandbox, rest] = parsed as [number, string, string, number, string, unknown];
  const stream = STREAM[letter];
  if (stream === undefined) return undefined;
  if (typeof rest === 'string') return { time, stream, requestId, version, sandbox, text: rest };
  const platform = rest as PlatformRecord;
  return { time, stream, requestId, version, sandbox, text: platformText(platform, requestId, version), platform };
}

/** AWS Lambda's wording (START; END and REPORT; init errors), without the final line break. */
export function platformText(record: PlatformRecord, requestId: string, version: number): string {
  switch (record.type) {
    case 'start':
      return `START RequestId: ${requestId} Version: ${version}`;
    case 'note':
      return record.text;
    case 'init-error':
      return `INIT_REPORT Phase: init\tStatus: error\tError Type: ${record.errorType}`;
    case 'report': {
      const parts = [
        `REPORT RequestId: ${requestId}`,
        `Duration: ${record.durationMs.toFixed(2)} ms`,
        `Billed Duration: ${record.billedMs} ms`,
        `Memory Size: ${record.memoryMiB} MB`,
        `Max Memory Used: ${record.maxMemoryMiB} MB`,
      ];
      if (record.initMs !== undefined) parts.push(`Init Duration: ${record.initMs.toFixed(2)} ms`);
      if (record.status === 'timeout') parts.push('Status: timeout');
      else if (record.status !== 'success') parts.push(`Status: error\tError Type: ${record.errorType ?? 'Unknown'}`);
      return `END RequestId: ${requestId}\n${parts.join('\t')}\t`;
    }
    default:
      return record satisfies never;
  }
}
