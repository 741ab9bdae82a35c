import { lamError } from '../../../errors/index.ts';
import type { FunctionName } from '../../../contract/index.ts';
import type { Operations } from '../../../operations/index.ts';
import type { LogsCall, LogsInput } from './call.ts';
import { numberIn, textIn, textsIn } from '../../aws/members.ts';
import { functionOf, streamMissing, streamNamed, type StreamParts } from './names.ts';
import { filterPattern } from './patterns/filter-pattern.ts';
import { scan, type LogEvent, type Scanned, type Wanted } from './scan.ts';

/** AWS's size of a page of events, which is the largest, too. */
const PAGE = 10_000;

const FIRST_ID = '0'.repeat(56);
const TOKEN = /^([fb])\/(\d{56})\/s$/;

/** Where GetLogEvents goes on: after (`f`) or before (`b`) an event's id. */
interface Cursor {
  readonly direction: 'f' | 'b';
  readonly id: string;
}

/** GetLogEvents: events of one stream, forwards or backwards; at an end, the token that was given is returned again. */
export async function getLogEvents(call: LogsCall): Promise<unknown> {
  const { operations, input } = call;
  const name = functionOf(call);
  const stream = streamNamed(textIn(input, 'logStreamName') ?? '');
  const cursor = cursorIn(textIn(input, 'nextToken'));
  if (stream === undefined) throw streamMissing();
  const isNewest = cursor === undefined ? input['startFromHead'] !== true : cursor.direction === 'b';
  const found = await scan(operations.logs, name, {
    ...range(input, 0),
    streams: [stream],
    isNewest,
    ...(cursor === undefined ? {} : { [cursor.direction === 'f' ? 'after' : 'before']: cursor.id }),
  });
  if (found.events.length === 0 && cursor === undefined) await checkStreams(operations, name, [stream]);
  return {
    events: found.events.map(({ timestamp, message }) => ({ timestamp, message, ingestionTime: timestamp })),
    ...tokensOf(found, cursor),
  };
}

/** FilterLogEvents: events of all or some streams of a group, in the order of time. */
export async function filterLogEvents(call: LogsCall): Promise<unknown> {
  const { operations, input } = call;
  const names = textsIn(input, 'logStreamNames');
  const streamPrefix = textIn(input, 'logStreamNamePrefix');
  if (names !== undefined && streamPrefix !== undefined)
    throw lamError('LAM_AWS_PARAMETER', {
      message: 'logStreamNamePrefix and logStreamNames are mutually exclusive parameters.',
    });
  const matches = filterPattern(textIn(input, 'filterPattern') ?? '');
  const functionName = functionOf(call);
  const streams = names?.map((name) => {
    const stream = streamNamed(name);
    if (stream === undefined) throw streamMissing();
    return stream;
  });
  const after = afterIn(textIn(input, 'nextToken'));
  const { events, hasMore } = await scan(operations.logs, functionName, {
    ...range(input, 1),
    streams,
    streamPrefix,
    after,
    matches,
  });
  if (events.length === 0 && after === undefined && streams !== undefined)
    await checkStreams(operations, functionName, streams);
  const last = events.at(-1);
  return {
    events: events.map(shown),
    searchedLogStreams: [],
    ...(hasMore && last !== undefined ? { nextToken: Buffer.from(`v1:${last.id}`).toString('base64url') } : {}),
  };
}

function shown({ id, stream, timestamp, message }: LogEvent): unknown {
  return { logStreamName: stream, timestamp, message, ingestionTime: timestamp, eventId: id };
}

/** @param beyond what is added to `endTime`, which FilterLogEvents includes (ms) */
function range(input: LogsInput, beyond: number): Pick<Wanted, 'from' | 'to' | 'limit'> {
  return {
    from: numberIn(input, 'startTime') ?? 0,
    to: (numberIn(input, 'endTime') ?? Infinity) + beyond,
    limit: numberIn(input, 'limit') ?? PAGE,
  };
}

/** Throws `LAM_AWS_NOT_FOUND` if nothing was ever printed to one of these streams. */
async function checkStreams({ logs }: Operations, name: FunctionName, streams: readonly StreamParts[]): Promise<void> {
  const origins = await logs.origins(name);
  const isThere = ({ sandbox, version, time }: StreamParts): boolean =>
    origins.some((origin) => origin.sandbox === sandbox && origin.version === version && origin.last >= time);
  if (!streams.every(isThere)) throw streamMissing();
}

function cursorIn(token: string | undefined): Cursor | undefined {
  if (token === undefined) return undefined;
  const [, direction, id = ''] = TOKEN.exec(token) ?? [];
  if (direction !== 'f' && direction !== 'b') throw invalidToken();
  return { direction, id };
}

function afterIn(token: string | undefined): string | undefined {
  if (token === undefined) return undefined;
  const id = /^v1:(\d{56})$/.exec(Buffer.from(token, 'base64url').toString())?.[1];
  if (id === undefined) throw invalidToken();
  return id;
}

function invalidToken(): Error {
  return lamError('LAM_AWS_PARAMETER', { message: 'The specified nextToken is invalid.' });
}

/** The tokens that go on from a page in both directions; from an empty one, from where it was looked for. */
function tokensOf({ events }: Scanned, cursor: Cursor | undefined): Record<string, string> {
  const [first, last] = [events[0]?.id, events.at(-1)?.id];
  const { direction, id = FIRST_ID } = cursor ?? {};
  // On the other side of an empty page begins what the token itself stands for.
  const forward = last ?? (direction === 'b' ? shifted(id, -1n) : id);
  const backward = first ?? (direction === 'f' ? shifted(id, 1n) : id);
  return { nextForwardToken: `f/${forward}/s`, nextBackwardToken: `b/${backward}/s` };
}

function shifted(id: string, by: bigint): string {
  const number = BigInt(id) + by;
  return String(number < 0n ? 0n : number)
    .padStart(56, '0')
    .slice(-56);
}
