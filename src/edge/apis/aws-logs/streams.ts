import { lamError } from '../../../errors/index.ts';
import type { LogsCall } from './call.ts';
import { textIn } from '../../aws/members.ts';
import { listPage } from './list-page.ts';
import { functionOf, groupOf, streamOf } from './names.ts';

interface Stream {
  readonly name: string;
  first: number;
  last: number;
  bytes: number;
}

/** DescribeLogStreams: a stream for each sandbox and day, by name or by the time of the last event. */
export async function describeLogStreams(call: LogsCall): Promise<unknown> {
  const { arns, operations, input } = call;
  const isByTime = textIn(input, 'orderBy') === 'LastEventTime';
  const prefix = textIn(input, 'logStreamNamePrefix') ?? '';
  if (isByTime && prefix !== '')
    throw lamError('LAM_AWS_PARAMETER', {
      message: 'Cannot order by LastEventTime with a logStreamNamePrefix.',
    });
  const functionName = functionOf(call);
  const streams = new Map<string, Stream>();
  for (const part of await operations.logs.origins(functionName)) {
    const name = streamOf({ ...part, time: part.first });
    if (name.startsWith(prefix)) streams.set(name, { name, first: part.first, last: part.last, bytes: part.bytes });
  }
  const byName = (a: Stream, b: Stream): number => (a.name < b.name ? -1 : 1);
  const sorted = [...streams.values()].toSorted((a, b) =>
    isByTime && a.last !== b.last ? a.last - b.last : byName(a, b),
  );
  if (input['descending'] === true) sorted.reverse();
  const { items, next } = listPage(input, sorted, ({ name }) => name);
  const group = arns.logGroup(groupOf(functionName));
  const logStreams = items.map(({ name, first, last, bytes }) => ({
    logStreamName: name,
    creationTime: Math.floor(first),
    firstEventTimestamp: Math.floor(first),
    lastEventTimestamp: Math.floor(last),
    lastIngestionTime: Math.floor(last),
    arn: `${group}:log-stream:${name}`,
    storedBytes: bytes,
  }));
  return { logStreams, ...next };
}
