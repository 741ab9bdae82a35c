import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { TriggerDetail } from '../../src/contract/index.ts';
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
