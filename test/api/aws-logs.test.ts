import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
  type FilterLogEventsCommandInput,
} from '@aws-sdk/client-cloudwatch-logs';
import type { LogStream } from '../../src/contract/index.ts';
import { awsError } from '../support/aws-house.ts';
import { edgeHouse, type EdgeHouse } from '../support/edge-house.ts';
import { asFunctionName, asRequestId, asSandboxId, asVersion } from '../support/ids.ts';

const GROUP = '/aws/lambda/talk';
const DAY = Date.UTC(2026, 0, 31);
const [A, B] = ['a'.repeat(32), 'b'.repeat(32)];
const STREAM_A = `2026/01/31/[1]${A}`;
const STREAM_B = `2026/01/31/[2]${B}`;

interface Printed {
  readonly sandbox?: string;
  readonly at: number;
  readonly stream?: LogStream;
}

describe('CloudWatch Logs', () => {
  let house: EdgeHouse;
  let client: CloudWatchLogsClient;

  before(async () => {
    house = await edgeHouse();
    client = new CloudWatchLogsClient({
      endpoint: house.url,
      region: 'us-east-1',
      maxAttempts: 1,
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
    for (const name of ['talk', 'talk-more', 'silent', 'live']) await house.publish(name);
    for (let i = 0; i < 25; i++) print('talk', `line ${i}`, { at: DAY + Math.floor(i / 2) });
    print('talk', '{"level":"error","code":503}', { at: DAY + 100, sandbox: B });
    print('talk', 'GET /x 200', { at: DAY + 101, sandbox: B, stream: 'stderr' });
  });
  after(async () => {
    client.destroy();
    await house[Symbol.asyncDispose]();
  });

  function print(name: string, text: string, { sandbox = A, at, stream = 'stdout' }: Printed): void {
    const source = { version: asVersion(sandbox === A ? 1 : 2), sandbox: asSandboxId(sandbox) };
    house.logs.append(
      asFunctionName(name),
      source,
      stream,
      text,
      asRequestId('11111111-1111-4111-8111-111111111111'),
      at,
    );
  }

  async function messages(input: Partial<FilterLogEventsCommandInput>): Promise<(string | undefined)[]> {
    const { events = [] } = await client.send(new FilterLogEventsCommand({ logGroupName: GROUP, ...input }));
    return events.map(({ message }) => message?.trimEnd());
  }

  test('has a group for each function, in pages, by prefix and by part of the name', async () => {
    const all = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/aws/lambda/talk' }));
    assert.deepEqual(
      all.logGroups?.map(({ logGroupName }) => logGroupName),
      [GROUP, '/aws/lambda/talk-more'],
    );
    const [talk] = all.logGroups ?? [];
    assert.equal(talk?.arn, `arn:aws:logs:us-east-1:000000000000:log-group:${GROUP}:*`);
    assert.equal(talk.creationTime, Math.floor(house.operations.functions.detail(asFunctionName('talk')).createdAt));
    assert.ok((talk.storedBytes ?? 0) > 100);
    const seen: (string | undefined)[] = [];
    let nextToken: string | undefined;
    do {
      const page = await client.send(new DescribeLogGroupsCommand({ limit: 3, nextToken }));
      seen.push(...(page.logGroups ?? []).map(({ logGroupName }) => logGroupName));
      ({ nextToken } = page);
    } while (nextToken !== undefined);
    assert.deepEqual(
      seen,
      ['live', 'silent', 'talk', 'talk-more'].map((name) => `/aws/lambda/${name}`),
    );
    const part = await client.send(new DescribeLogGroupsCommand({ logGroupNamePattern: 'ilen' }));
    assert.equal(part.logGroups?.length, 1);
  });

  test('has a stream for each sandbox and day, by name or by the last event', async () => {
    const found = await client.send(new DescribeLogStreamsCommand({ logGroupName: GROUP }));
    assert.deepEqual(
      found.logStreams?.map((s) => [s.logStreamName, s.firstEventTimestamp, s.lastEventTimestamp]),
      [
        [STREAM_A, DAY, DAY + 12],
        [STREAM_B, DAY + 100, DAY + 101],
      ],
    );
    assert.equal(
      found.logStreams?.[0]?.arn,
      `arn:aws:logs:us-east-1:000000000000:log-group:${GROUP}:log-stream:${STREAM_A}`,
    );
    const newest = await client.send(
      new DescribeLogStreamsCommand({ logGroupName: GROUP, orderBy: 'LastEventTime', descending: true, limit: 1 }),
    );
    assert.deepEqual([newest.logStreams?.[0]?.logStreamName, newest.logStreams?.length], [STREAM_B, 1]);
    const rest = await client.send(
      new DescribeLogStreamsCommand({
        ...{ logGroupName: GROUP, orderBy: 'LastEventTime', descending: true, limit: 1, nextToken: newest.nextToken },
      }),
    );
    assert.deepEqual([rest.logStreams?.[0]?.logStreamName, rest.nextToken], [STREAM_A, undefined]);
    const none = await client.send(new DescribeLogStreamsCommand({ logGroupName: '/aws/lambda/silent' }));
    assert.deepEqual(none.logStreams, []);
  });

  test('reads a stream from its head to its end, where the token stays the same', async () => {
    const seen: (string | undefined)[] = [];
    let token: string | undefined;
    for (;;) {
      const page = await client.send(
        new GetLogEventsCommand({
          ...{ logGroupName: GROUP, logStreamName: STREAM_A, limit: 10, startFromHead: true, nextToken: token },
        }),
      );
      seen.push(...(page.events ?? []).map(({ message }) => message));
      if (page.nextForwardToken === token) break;
      token = page.nextForwardToken;
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 25 }, (_, i) => `line ${i}\n`),
    );
  });

  test('reads a stream backwards from its newest events, and forwards again', async () => {
    const base = { logGroupName: GROUP, logStreamName: STREAM_A, limit: 10 };
    const get = async (nextToken?: string): Promise<readonly [string, string | undefined, string | undefined]> => {
      const page = await client.send(new GetLogEventsCommand({ ...base, nextToken }));
      const texts = (page.events ?? []).map(({ message }) => message?.trim());
      return [`${texts.length}: ${texts[0]} to ${texts.at(-1)}`, page.nextBackwardToken, page.nextForwardToken];
    };
    const [newest, back] = await get();
    const [middle, further, forward] = await get(back);
    const [oldest, last] = await get(further);
    const [beyond, same, again] = await get(last);
    assert.deepEqual(
      [newest, middle, oldest, beyond],
      ['10: line 15 to line 24', '10: line 5 to line 14', '5: line 0 to line 4', '0: undefined to undefined'],
    );
    assert.equal(same, last);
    assert.equal((await get(forward))[0], newest);
    assert.equal((await get(again))[0], '10: line 0 to line 9');
  });

  test('leaves out events from endTime on in one stream, and after it in a group', async () => {
    const range = { logGroupName: GROUP, startTime: DAY + 3, endTime: DAY + 4 };
    const one = await client.send(new GetLogEventsCommand({ ...range, logStreamName: STREAM_A }));
    assert.deepEqual(
      one.events?.map(({ message }) => message),
      ['line 6\n', 'line 7\n'],
    );
    assert.deepEqual(await messages(range), ['line 6', 'line 7', 'line 8', 'line 9']);
  });

  test('filters the events of a group in pages, each once, with unique ids that stay the same', async () => {
    const read = async (limit: number): Promise<(string | undefined)[]> => {
      const ids: (string | undefined)[] = [];
      let nextToken: string | undefined;
      do {
        const page = await client.send(new FilterLogEventsCommand({ logGroupName: GROUP, limit, nextToken }));
        ids.push(...(page.events ?? []).map(({ eventId }) => eventId));
        ({ nextToken } = page);
      } while (nextToken !== undefined);
      return ids;
    };
    const [small, large] = [await read(4), await read(1000)];
    assert.deepEqual(small, large);
    assert.equal(new Set(small).size, 27);
    assert.ok(small.every((id) => /^\d{56}$/.test(id ?? '')));
  });

  test('filters by stream, prefix and pattern', async () => {
    assert.equal((await messages({ logStreamNames: [STREAM_B] })).length, 2);
    assert.equal((await messages({ logStreamNames: [STREAM_A, STREAM_B] })).length, 27);
    assert.equal((await messages({ logStreamNamePrefix: '2026/01/31/[2]' })).length, 2);
    assert.deepEqual(await messages({ filterPattern: '"line 1" -"line 1"' }), []);
    assert.deepEqual(await messages({ filterPattern: '"line 24" ' }), ['line 24']);
    const json = '{ $.level = "error" && $.code >= 500 }';
    assert.deepEqual(await messages({ filterPattern: json }), ['{"level":"error","code":503}']);
    assert.deepEqual(await messages({ filterPattern: '[verb, path, status = 2*]' }), ['GET /x 200']);
  });

  test('shows what an invocation printed with its START, END and REPORT, and follows as `aws logs tail` does', async () => {
    const logGroupIdentifier = 'arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/live';
    let startTime = 0;
    const shown = new Map<string | undefined, string | undefined>();
    const poll = async (): Promise<void> => {
      const { events = [] } = await client.send(
        new FilterLogEventsCommand({ logGroupIdentifier, startTime, interleaved: true }),
      );
      for (const { eventId, message, timestamp = 0 } of events) {
        shown.set(eventId, message?.split(' ')[0]);
        startTime = Math.max(startTime, timestamp);
      }
    };
    await poll();
    assert.equal(shown.size, 0);
    for (let i = 1; i <= 3; i++) {
      await house.ask('/2015-03-31/functions/live/invocations', { method: 'POST', body: '{}' });
      // The report is written beside the answer.
      while (shown.size < 3 * i) await poll();
      assert.deepEqual([...shown.values()], Array.from({ length: i }, () => ['START', 'END', 'REPORT']).flat());
    }
    const { logStreams = [] } = await client.send(new DescribeLogStreamsCommand({ logGroupIdentifier }));
    assert.match(logStreams[0]?.logStreamName ?? '', /^\d{4}\/\d\d\/\d\d\/\[1\][0-9a-f]{32}$/);
  });

  test('cuts a page of long events at a megabyte', async () => {
    for (let i = 0; i < 8; i++) print('talk-more', String(i).repeat(250_000), { at: DAY + i });
    const { events, nextToken } = await client.send(
      new FilterLogEventsCommand({ logGroupName: '/aws/lambda/talk-more' }),
    );
    assert.equal(events?.length, 4);
    const rest = await client.send(new FilterLogEventsCommand({ logGroupName: '/aws/lambda/talk-more', nextToken }));
    assert.deepEqual([rest.events?.length, rest.nextToken], [4, undefined]);
  });

  test('refuses what does not exist and what is wrong with the names of AWS', async () => {
    const filter = (input: Partial<FilterLogEventsCommandInput>): Promise<unknown> =>
      client.send(new FilterLogEventsCommand({ logGroupName: GROUP, ...input }));
    const get = (logStreamName: string, nextToken?: string): Promise<unknown> =>
      client.send(new GetLogEventsCommand({ logGroupName: GROUP, logStreamName, nextToken }));
    const missing = (what: string): ((error: unknown) => boolean) =>
      awsError('ResourceNotFoundException', `The specified log ${what} does not exist.`);
    const wrong = (why: RegExp): ((error: unknown) => boolean) => awsError('InvalidParameterException', why);
    await assert.rejects(filter({ logGroupName: '/aws/lambda/nobody' }), missing('group'));
    await assert.rejects(filter({ logGroupName: '/ecs/talk' }), missing('group'));
    await assert.rejects(get('nothing'), missing('stream'));
    await assert.rejects(get(`2026/02/01/[1]${A}`), missing('stream'));
    await assert.rejects(filter({ logStreamNames: [`2026/01/31/[1]${B}`] }), missing('stream'));
    await assert.rejects(get(STREAM_A, 'f/1/s'), wrong(/nextToken is invalid/));
    await assert.rejects(filter({ nextToken: 'x' }), wrong(/nextToken is invalid/));
    await assert.rejects(filter({ filterPattern: '{ $.a = }' }), wrong(/^Invalid filter pattern: /));
    await assert.rejects(filter({ logGroupName: 'a b' }), wrong(/at 'logGroupName' failed to satisfy constraint/));
    await assert.rejects(filter({ logStreamNames: [STREAM_A], logStreamNamePrefix: '2' }), wrong(/mutually exclusive/));
    await assert.rejects(filter({ logGroupIdentifier: GROUP }), wrong(/either logGroupName or/));
    await assert.rejects(
      client.send(
        new DescribeLogStreamsCommand({ logGroupName: GROUP, orderBy: 'LastEventTime', logStreamNamePrefix: '2' }),
      ),
      wrong(/Cannot order by LastEventTime/),
    );
    await assert.rejects(
      client.send(new PutLogEventsCommand({ logGroupName: GROUP, logStreamName: STREAM_A, logEvents: [] })),
      awsError('UnknownOperationException', "lam does not serve PutLogEvents of CloudWatch Logs' API"),
    );
  });

  test('answers only requests that name it, from this machine and no page of another', async () => {
    const target = { 'x-amz-target': 'Logs_20140328.DescribeLogGroups' };
    const send = (headers: Record<string, string>): ReturnType<EdgeHouse['ask']> =>
      house.ask('/', { method: 'POST', headers, body: '{}' });
    const ok = await send(target);
    assert.deepEqual([ok.status, ok.headers['content-type']], [200, 'application/x-amz-json-1.1']);
    const foreign = await send({ ...target, origin: 'http://example.com' });
    assert.deepEqual([foreign.status, foreign.json()['__type']], [403, 'AccessDeniedException']);
    assert.equal((await send({ ...target, host: 'example.com' })).status, 403);
    await house.publish('root', { triggers: [{ type: 'http', route: 'POST /' }] });
    assert.equal((await send({})).json()['routeKey'], 'POST /');
    assert.equal((await send({ 'x-amz-target': 'DynamoDB_20120810.ListTables' })).json()['routeKey'], 'POST /');
  });
});
