import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { TriggerDetail, TriggerTest } from '../../src/contract/index.ts';
import { lamSession, type LamSession } from './session.ts';

/** A broker that is not there: the function is deployed all the same. */
const NOWHERE = 'redis://:${PASSWORD}@127.0.0.1:1';

const PROJECT = `runtime: nodejs
triggers:
  - {type: redis, url: '${NOWHERE}', stream: sales}
  - {type: rabbitmq, url: 'amqp://guest:\${PASSWORD}@127.0.0.1:1', queue: sales}
`;

describe('lam trigger', () => {
  let s: LamSession;
  before(async () => {
    s = await lamSession();
  });
  after(() => s.dispose());

  const list = (): Promise<readonly TriggerDetail[]> => s.json(['trigger', 'list', 'shop']);

  /** Deploys both triggers; gives them once both have failed to connect. */
  async function deployed(): Promise<readonly TriggerDetail[]> {
    const cwd = s.files('shop', {
      'lam.yaml': `name: shop\n${PROJECT}`,
      'index.mjs': 'export const handler = () => 1;',
    });
    await s.ok(['deploy', '--env', 'PASSWORD=s3cret'], { cwd });
    for (;;) {
      const triggers = await list();
      if (triggers.length === 2 && triggers.every(({ cause }) => cause !== undefined)) return triggers;
    }
  }

  test('says that there are none', async () => {
    assert.match((await s.ok(['trigger', 'list'])).stderr, /no function has triggers/);
    await s.deployNode('plain', 'export const handler = () => 1;');
    assert.match((await s.ok(['trigger', 'list', 'plain'])).stderr, /'plain' has no triggers/);
    assert.deepEqual(await s.json(['trigger', 'list', 'plain']), []);
    await s.refused(['trigger', 'list', 'palin'], 'LAM_REGISTRY_FUNCTION_NOT_FOUND', 4);
    await s.refused(['trigger', 'show', 'plain'], 'LAM_CLI_NO_TRIGGERS', 4);
  });

  test('shows triggers whose brokers cannot be reached, and no password', async () => {
    const triggers = await deployed();
    assert.deepEqual(
      triggers.map(({ type, name, state }) => [type, name, state]),
      [
        ['redis', 'sales', 'retrying'],
        ['rabbitmq', 'sales', 'retrying'],
      ],
    );
    assert.match(triggers[0]?.cause ?? '', /^Redis at 127\.0\.0\.1:1 cannot be reached: .*ECONNREFUSED/);
    const table = (await s.ok(['trigger', 'list'])).stdout;
    assert.match(table, /^shop +redis:sales +retrying/m);
    const page = (await s.ok(['trigger', 'show', 'shop', 'rabbitmq:sales'])).stdout;
    assert.match(page, /^cause: +RabbitMQ at 127\.0\.0\.1:1 cannot be reached/m);
    assert.ok(page.includes('amqp://guest:${PASSWORD}@127.0.0.1:1'));
    assert.doesNotMatch(table + page + JSON.stringify(triggers), /s3cret/);
    assert.equal((await s.ok(['invoke', 'shop'])).stdout.trim(), '1');
    await s.refused(['trigger', 'show', 'shop', 'sales'], 'LAM_CLI_SEVERAL_TRIGGERS', 2);
    await s.refused(['trigger', 'show', 'shop', 'other'], 'LAM_TRIGGERS_NOT_FOUND', 4);
  });

  test('pauses a trigger over a restart of the daemon, and resumes it', async () => {
    assert.match((await s.ok(['trigger', 'pause', 'shop', 'redis:sales'])).stdout, /^paused 'redis:sales' of shop$/m);
    await s.ok(['restart']);
    const states = async (): Promise<readonly string[]> => (await list()).map(({ state }) => state);
    assert.equal((await states())[0], 'paused');
    assert.notEqual((await states())[1], 'paused');
    const resumed = await s.json(['trigger', 'resume', 'shop', 'redis:sales']);
    assert.deepEqual(resumed, { functionName: 'shop', type: 'redis', name: 'sales', paused: false });
    assert.notEqual((await states())[0], 'paused');
  });

  test('is added live, tested, kept by a deploy, and deleted', async () => {
    const cwd = s.files('live', {
      'lam.yaml': 'name: live\nruntime: nodejs\n',
      'index.mjs':
        'export const handler = (event) => { if (event[0].id === "bad") throw new Error("no"); return event[0].subject; };',
    });
    await s.ok(['deploy', '--env', 'PASSWORD=s3cret'], { cwd });
    const words = [
      'trigger',
      'add',
      'redis',
      'live',
      `url=${NOWHERE}`,
      'stream=sales',
      'filters={"id":["bad",{"prefix":"1"}]}',
    ];
    assert.equal((await s.ok(words)).stdout, 'live: v1 -> v2\n');
    assert.equal((await s.ok(words)).stdout, 'live: no change (v2)\n');
    assert.equal((await s.ok(['deploy'], { cwd })).code, 0);
    const names = async (): Promise<readonly string[]> =>
      (await s.json<readonly TriggerDetail[]>(['trigger', 'list', 'live'])).map(({ name }) => name);
    assert.deepEqual(await names(), ['sales']);
    assert.match((await s.ok(['config', 'get', 'live'])).stdout, /^triggers +redis:sales +config set$/m);

    assert.equal((await s.ok(['trigger', 'test', 'live'])).stdout, '"sales"\n');
    const tested = await s.json<TriggerTest>(['trigger', 'test', 'live', 'redis:sales']);
    assert.deepEqual([tested.outcome, tested.filtered, tested.payload], ['success', 0, 'sales']);
    const other = s.files('events', { 'a.json': '[{"id":"9","subject":"x","data":{}}]', 'b.json': '[{"id":"bad"}]' });
    const filtered = await s.ok(['trigger', 'test', 'live', '--event', `${other}/a.json`]);
    assert.equal(filtered.stdout, "filtered: no filter of 'redis:sales' lets it pass\n");
    const failed = await s.run(['trigger', 'test', 'live', '--event', `${other}/b.json`]);
    assert.equal(failed.code, 5);
    assert.match(failed.stdout, /"errorMessage":"no"/);
    await s.refused(['trigger', 'test', 'live', '--event', `${other}/none.json`], 'LAM_CLI_PAYLOAD_UNREADABLE', 2);
    await s.refused(['trigger', 'test', 'live', '--event', `${other}/../live/lam.yaml`], 'LAM_CLI_PAYLOAD_NOT_JSON', 2);

    await s.ok(['trigger', 'add', 'http', 'live', 'route=GET /live', 'cors=true']);
    assert.equal((await s.ok(['trigger', 'delete', 'live', 'http:GET /live'])).stdout, 'live: v4 -> v5\n');
    await s.refused(['trigger', 'delete', 'live', 'redis:none'], 'LAM_TRIGGERS_NOT_FOUND', 4);
    await s.ok(['trigger', 'delete', 'live']);
    assert.deepEqual(await names(), []);
    await s.refused(['trigger', 'delete', 'live'], 'LAM_CLI_NO_TRIGGERS', 4);
    await s.refused(['trigger', 'add', 'reddis', 'live', 'stream=a'], 'LAM_PROJECT_UNKNOWN_TRIGGER_TYPE', 2);
    await s.refused(['trigger', 'add', 'redis', 'live', 'stream=a'], 'LAM_PROJECT_BAD_TRIGGER', 2);
    await s.refused(['trigger', 'add', 'redis'], 'LAM_CLI_USAGE', 2);
  });

  test('with a written password or an unknown type is refused', async () => {
    const deploy = async (trigger: string): Promise<string> => {
      const cwd = s.files('bad', {
        'lam.yaml': `name: bad\nruntime: nodejs\ntriggers:\n  - ${trigger}\n`,
        'index.mjs': '',
      });
      return (await s.refused(['deploy'], 'LAM_PROJECT_INVALID', 2, { cwd })).message;
    };
    const message = await deploy('{type: redis, url: "redis://:s3cret@h", stream: s}');
    assert.match(message, /must not contain a password/);
    assert.match(await deploy('{type: rabitmq, queue: s}'), /rabbitmq/);
  });
});
