import { getAll, type RawFailure } from '../../client/raw-http.ts';
import { CONTROL } from '../../contract/control-api.ts';
import type { FunctionName, VersionNumber } from '../../contract/names.ts';
import { sleep } from '../../kit/clock.ts';
import { LogLineSplitter, LogLine } from './log-line.ts';
import { ShownRecords } from './shown-records.ts';

/** Records to request; times in ms since the epoch. */
export interface LogParameters {
  readonly since: number | undefined;
  readonly lines: number | undefined;
  readonly search: string | undefined;
  readonly requestId: string | undefined;
  readonly version: VersionNumber | undefined;
  readonly withoutPlatform: boolean;
  readonly follow: boolean;
}

/** Where the logs of one function are read. */
export interface LogSource {
  readonly socketPath: string;
  readonly name: FunctionName;
  readonly parameters: LogParameters;
}

/** Receives the records of one function. */
export interface LogSink {
  /** Returns false when no more are wanted. */
  lines(lines: readonly LogLine[]): boolean;
  /** All stored records were received. */
  endStored(): boolean;
  /** The daemon went away while it was followed. */
  away(): void;
  /** Another daemon is followed. */
  back(): void;
}

/** Requests on the same connection before that for logs. */
export interface Questions {
  readonly paths: readonly string[];
  /** Whether the logs may be shown after these answers. */
  accept(answers: readonly Buffer[]): boolean;
}

/** How a stream of logs ended; `refused`: not, because no daemon sent records; why, is not known here. */
export type LogStreamEnd = 'ended' | 'stopped' | 'refused' | RawFailure;

/** Time between two attempts to reach another daemon (ms). */
const RETRY_MS = 100;
const EMPTY = Buffer.alloc(0);
const NOT_FOUND = 404;
const NO_QUESTIONS: Questions = { paths: [], accept: () => true };

/**
 * Passes the log of a function to `sink`. With `follow` goes on through the end of daemons, each record once, until
 * the sink wants no more or the function is gone (`refused`). Never rejects for network errors.
 */
export async function streamLogs(
  source: LogSource,
  sink: LogSink,
  questions: Questions = NO_QUESTIONS,
): Promise<LogStreamEnd> {
  const { since, lines, follow } = source.parameters;
  const shown = follow ? new ShownRecords(lines === 0 ? Date.now() : since) : undefined;
  let { status, end } = await receive(source, questions, receiverOf(sink, shown));
  if (status !== 200) return 'refused';
  if (shown === undefined) return end;
  while (end !== 'stopped') {
    sink.away();
    do {
      await sleep(RETRY_MS);
      ({ status, end } = await receive(resumed(source, shown), NO_QUESTIONS, receiverOf(sink, shown, sink.back)));
      if (status === NOT_FOUND) return 'refused';
    } while (status !== 200);
  }
  return end;
}

/** The question for records that were not shown yet. */
function resumed(source: LogSource, shown: ShownRecords): LogSource {
  const { parameters } = source;
  if (shown.isEmpty) return source;
  shown.resume();
  return { ...source, parameters: { ...parameters, lines: undefined, since: shown.since } };
}

type Receiver = (piece: Buffer) => boolean;

function receiverOf(sink: LogSink, shown: ShownRecords | undefined, begin?: () => void): Receiver {
  const splitter = new LogLineSplitter();
  let isBegun = false;
  const take = (texts: readonly string[]): boolean => {
    const lines = texts.map((text) => new LogLine(text));
    return sink.lines(shown === undefined ? lines : shown.take(lines, performance.now()));
  };
  return (piece) => {
    if (!isBegun) begin?.();
    isBegun = true;
    const texts = splitter.push(piece);
    if (texts.length === 0) return true;
    const mark = shown === undefined ? -1 : texts.indexOf('');
    if (mark < 0) return take(texts);
    return (
      take(texts.slice(0, mark)) &&
      sink.lines(shown?.endStored() ?? []) &&
      sink.endStored() &&
      take(texts.slice(mark + 1))
    );
  };
}

/** The status of the answer with logs, undefined if none came, and how the connection ended. */
interface Received {
  readonly status: number | undefined;
  readonly end: 'ended' | 'stopped' | RawFailure;
}

async function receive(source: LogSource, questions: Questions, take: Receiver): Promise<Received> {
  const answers = questions.paths.map(() => EMPTY);
  let status: number | undefined;
  const end = await getAll(source.socketPath, [...questions.paths, pathOf(source)], (part) => {
    if (part.index < answers.length) {
      answers[part.index] = Buffer.concat([answers[part.index] ?? EMPTY, part.piece]);
      return part.status === 200;
    }
    if (status === undefined && !questions.accept(answers)) return false;
    status = part.status;
    return status === 200 && take(part.piece);
  });
  return { status, end };
}

function pathOf({ name, parameters }: LogSource): string {
  const { follow, withoutPlatform, ...values } = parameters;
  const all = {
    ...values,
    withoutPlatform: withoutPlatform ? 1 : undefined,
    ...(follow ? { follow: 1, mark: 1 } : {}),
  };
  const given = Object.entries(all).filter(([, value]) => value !== undefined);
  return `${CONTROL.logs(name)}?${given.map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`).join('&')}`;
}
