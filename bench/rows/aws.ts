import { LambdaClient, CreateFunctionCommand, InvokeCommand } from '@aws-sdk/client-lambda';
import { createHash, createHmac } from 'node:crypto';
import { hello, HELLO } from '../lam/functions.ts';
import type { Lam } from '../lam/lam.ts';
import { zipOf } from '../lam/zip.ts';
import type { Connection } from '../load/connection.ts';
import { requestBytes, type Target } from '../load/target.ts';
import type { Row } from '../row.ts';
import { contest, findingOf, latency, oneByOne, placed } from './contest.ts';
import { stemReady } from './starts.ts';

const GROUP = 'aws';

const awsInvoke: Row = {
  id: 'aws-invoke',
  group: GROUP,
  measures: [
    latency('aws-invoke', "one by one, AWS's Invoke without a signature", "the function's own URL", {
      value: 1.05,
      aim: 1,
    }),
  ],
  async run(scene) {
    const lam = await scene.lam('process');
    await lam.invoke('hello');
    await lam.quiet();
    const samples = await contest(scene, {
      layout: 'one-core',
      rounds: scene.rounds(9),
      sides: [
        { name: 'lam', target: lam.target('hello'), pids: [lam.pid] },
        { name: 'floor', target: lam.httpTarget('hello'), pids: [lam.pid] },
      ],
      take: oneByOne(scene),
    });
    return { findings: { 'aws-invoke': findingOf(samples, placed(scene, 'one-core')) } };
  },
};

type SigningKey = Awaited<ReturnType<Lam['control']['signingKey']>>;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Signs a target as AWS's clients do; the signature counts for five minutes. */
function signed(target: Target, { accessKeyId, secretAccessKey }: SigningKey): Target {
  const at = new Date().toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
  const scope = `${at.slice(0, 8)}/us-east-1/lambda/aws4_request`;
  const hash = sha256(target.body);
  const names = 'content-type;host;x-amz-content-sha256;x-amz-date';
  const lines = ['content-type:application/json', 'host:localhost', `x-amz-content-sha256:${hash}`, `x-amz-date:${at}`];
  const request = ['POST', target.path, '', ...lines, '', names, hash].join('\n');
  let key: string | Buffer = `AWS4${secretAccessKey}`;
  const text = `AWS4-HMAC-SHA256\n${at}\n${scope}\n${sha256(request)}`;
  for (const part of [...scope.split('/'), text]) key = createHmac('sha256', key).update(part).digest();
  const signature = Buffer.from(key).toString('hex');
  const Authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return { ...target, headers: { Authorization, 'X-Amz-Date': at, 'X-Amz-Content-Sha256': hash } };
}

const sigv4: Row = {
  id: 'sigv4',
  group: GROUP,
  measures: [
    latency('sigv4', "one by one, AWS's Invoke whose signature is verified", 'the same, unsigned', {
      value: 1.5,
      aim: 1.2,
    }),
  ],
  async run(scene) {
    // Where a key signs, unsigned requests are refused.
    const [keyed, open] = [await scene.own('process'), await scene.own('process')];
    try {
      const key = await keyed.control.signingKey('bench');
      for (const lam of [keyed, open]) await lam.deploy('hello', HELLO);
      const take = oneByOne(scene);
      // Invokes once for the first sandbox, and as often as is measured.
      await take(signed(keyed.target('hello'), key), []);
      await open.invoke('hello');
      for (const lam of [keyed, open]) await lam.quiet();
      const samples = await contest(scene, {
        layout: 'one-core',
        rounds: scene.rounds(9),
        sides: [
          { name: 'lam', target: keyed.target('hello'), pids: [keyed.pid] },
          { name: 'floor', target: open.target('hello'), pids: [open.pid] },
        ],
        take: (target, prefix) => take(target.port === keyed.port ? signed(target, key) : target, prefix),
      });
      return { findings: { sigv4: findingOf(samples, placed(scene, 'one-core')) } };
    } finally {
      await keyed.dispose();
      await open.dispose();
    }
  },
};

/** As AWS, the API gives no more functions at a time. */
const PAGE = 50;

const list: Row = {
  id: 'aws-list',
  group: GROUP,
  measures: [
    {
      id: 'aws-list',
      title: "1,000 functions listed by AWS's API, all pages",
      unit: 'ms',
      basis: { kind: 'absolute', quantile: 0.5 },
      floorName: null,
      gate: { sense: '<=', value: 50, aim: 20 },
    },
  ],
  async run(scene) {
    const size = scene.rounds(1000, 100);
    const lam = await scene.own('process');
    try {
      for (let i = 0; i < size; i++) await lam.deploy(`function-${i}`, hello(String(i)));
      await lam.quiet();
      const connection = await lam.connect();
      try {
        const samples: number[] = [];
        for (let i = 0; i < scene.rounds(20, 4); i++) samples.push(await listed(connection, size));
        return { findings: { 'aws-list': { lam: samples, notes: [`${size} functions in pages of ${PAGE}`] } } };
      } finally {
        connection.close();
      }
    } finally {
      await lam.dispose();
    }
  },
};

/** Asks for all pages, which must have `count` functions; the time of the answers (ms). */
async function listed(connection: Connection, count: number): Promise<number> {
  let ms = 0;
  let found = 0;
  let marker = '';
  do {
    const path = `/2015-03-31/functions/?MaxItems=${PAGE}${marker === '' ? '' : `&Marker=${encodeURIComponent(marker)}`}`;
    const began = performance.now();
    const answer = await connection.exchange(requestBytes('GET', path, ''));
    ms += performance.now() - began;
    if (answer.status !== 200) throw new Error(`a list was answered ${answer.status}`);
    const page = JSON.parse(answer.body.toString()) as { Functions: unknown[]; NextMarker?: string | null };
    found += page.Functions.length;
    marker = page.NextMarker ?? '';
  } while (marker !== '');
  if (found !== count) throw new Error(`${found} of ${count} functions were listed`);
  return ms;
}

const create: Row = {
  id: 'aws-create',
  group: GROUP,
  measures: [
    {
      id: 'aws-create',
      title: "AWS's SDK: a small function created and invoked, with a stem",
      unit: 'ms',
      basis: { kind: 'absolute', quantile: 0.5 },
      floorName: null,
      gate: { sense: '<=', value: 60, aim: 30 },
    },
  ],
  async run(scene) {
    const lam = await scene.own('process');
    const client = new LambdaClient({
      endpoint: `http://127.0.0.1:${lam.port}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    });
    try {
      await lam.deploy('hello', HELLO);
      await lam.invoke('hello');
      const samples: number[] = [];
      for (let i = 0; i < scene.rounds(20, 4); i++) {
        await stemReady(lam);
        samples.push(await createdAndInvoked(client, `created-${i}`));
      }
      // The first one also loads the SDK.
      return { findings: { 'aws-create': { lam: samples.slice(1), notes: [] } } };
    } finally {
      client.destroy();
      await lam.dispose();
    }
  },
};

/** The time until a new function has answered (ms). */
async function createdAndInvoked(client: LambdaClient, name: string): Promise<number> {
  const ZipFile = zipOf(hello(name));
  const Role = 'arn:aws:iam::000000000000:role/bench';
  const began = performance.now();
  await client.send(
    new CreateFunctionCommand({
      ...{ FunctionName: name, Runtime: 'nodejs22.x', Handler: 'index.handler', Role, Code: { ZipFile } },
    }),
  );
  const { FunctionError, StatusCode } = await client.send(new InvokeCommand({ FunctionName: name, Payload: '{}' }));
  const ms = performance.now() - began;
  if (StatusCode !== 200 || FunctionError !== undefined) throw new Error(`${name} was answered ${StatusCode}`);
  return ms;
}

export const AWS_ROWS: readonly Row[] = [awsInvoke, sigv4, list, create];
