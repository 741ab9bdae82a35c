import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { lamError } from '../errors/index.ts';
import { guessFunction, TraceBuilder, type Trace } from './trace.ts';

const HEADER = 'app,func,end_timestamp,duration';

/**
 * Reads a trace in the schema of Azure's invocation trace of 2021: `app,func,end_timestamp,duration`, times in seconds.
 * App and func together identify a function. Memory and init, which the schema lacks, are generated from `seed`. Throws
 * `LAM_SIMULATOR_TRACE_UNREADABLE`, `LAM_SIMULATOR_TRACE_MALFORMED` with the line, `LAM_SIMULATOR_TRACE_EMPTY`.
 */
export async function readAzureTrace(file: string, seed: number): Promise<Trace> {
  const builder = new TraceBuilder();
  let line = 0;
  try {
    const lines = createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity });
    for await (const text of lines) {
      line++;
      if (line === 1) checkHeader(text, file);
      else if (text.trim() !== '') addRow(builder, text, file, line);
    }
  } catch (error) {
    throw isSystemError(error)
      ? lamError('LAM_SIMULATOR_TRACE_UNREADABLE', { file, why: whyUnreadable(error) }, error)
      : error;
  }
  if (builder.count === 0) throw lamError('LAM_SIMULATOR_TRACE_EMPTY', { from: `the trace '${file}'` });
  return builder.build((name) => guessFunction(seed, name));
}

/** Tolerates a byte order mark and any case of letters. */
function checkHeader(text: string, file: string): void {
  const found = text.replace(/^\uFEFF/, '').trim();
  if (found.toLowerCase() === HEADER) return;
  throw lamError('LAM_SIMULATOR_TRACE_MALFORMED', {
    file,
    line: 1,
    why: `'${shown(found)}' stands where '${HEADER}' should`,
  });
}

function addRow(builder: TraceBuilder, text: string, file: string, line: number): void {
  const refuse = (why: string): Error => lamError('LAM_SIMULATOR_TRACE_MALFORMED', { file, line, why });
  const cells = text.split(',');
  const [app = '', func = '', end = '', duration = ''] = cells.map((cell) => cell.trim());
  if (cells.length !== 4) throw refuse(`it has ${cells.length} fields instead of 4`);
  if (app === '' || func === '') throw refuse(`its ${app === '' ? 'app' : 'func'} is empty`);
  const endS = secondsOf(end);
  if (endS === undefined) throw refuse(`its end_timestamp '${shown(end)}' is not a number of seconds`);
  const durationS = secondsOf(duration);
  if (durationS === undefined || durationS < 0)
    throw refuse(`its duration '${shown(duration)}' is not a number of seconds from 0 on`);
  builder.add(`${app}/${func}`, (endS - durationS) * 1000, durationS * 1000);
}

function secondsOf(text: string): number | undefined {
  const seconds = text === '' ? Number.NaN : Number(text);
  return Number.isFinite(seconds) ? seconds : undefined;
}

/** Shortens a text of the file for a message. */
function shown(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 60)}...`;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

function whyUnreadable({ code }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'it does not exist';
  if (code === 'EISDIR') return 'it is a folder';
  return code === 'EACCES' ? 'its permissions forbid it' : (code ?? 'unknown reason');
}
