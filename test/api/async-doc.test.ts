import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { AsyncPage } from '../../src/contract/index.ts';
import { parseProject } from '../../src/project/index.ts';
import { edgeHouse, type EdgeHouse } from '../support/edge-house.ts';

const PAGE = await readFile(new URL('../../docs/async.md', import.meta.url), 'utf8');
const blocks = (kind: string): string[] =>
  [...PAGE.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].flatMap(([, found, text = '']) => (found === kind ? [text] : []));

describe('docs/async.md', () => {
  let house: EdgeHouse;
  before(async () => {
    house = await edgeHouse({
      orders: () => Promise.resolve({ kind: 'error', payload: Buffer.from('{"errorType":"Odd"}'), errorType: 'Odd' }),
    });
  });
  after(() => house[Symbol.asyncDispose]());

  /** Deploys an example; a part of a lam.yaml is one of `orders`. */
  async function deploy(yaml: string, more: object = {}): Promise<string> {
    const whole = /^name:/m.test(yaml) ? yaml : `name: orders\nruntime: nodejs\n${yaml}`;
    const { functions } = await parseProject(whole, join(import.meta.dirname, 'lam.yaml'));
    const [first] = functions;
    assert.ok(first);
    await house.publish(first.name, { ...first.config, ...more });
    return first.name;
  }

  test('has examples of lam.yaml that can be deployed', async () => {
    const examples = blocks('yaml');
    assert.ok(examples.length >= 3, String(examples.length));
    for (const yaml of examples) await deploy(yaml);
  });

  test('answers 202 where an example says so', async () => {
    const yaml = blocks('yaml').find((text) => text.includes('name: thumbnails')) ?? '';
    await deploy(yaml);
    assert.equal((await house.ask('/thumbnails', { method: 'POST', body: '' })).status, 202);
    assert.equal((await house.ask('/thumbnails/7')).status, 200);
  });

  test('shows the record that a destination gets', async () => {
    const yaml = blocks('yaml').find((text) => text.includes('name: orders')) ?? '';
    await house.publish('audit');
    await deploy(yaml, { maximumRetryAttempts: 0 });
    const headers = { 'x-amz-invocation-type': 'Event' };
    await house.ask('/2015-03-31/functions/orders/invocations', { method: 'POST', headers, body: '{"order":7}' });
    let audited: AsyncPage['invocations'] = [];
    while (audited.length === 0)
      audited = ((await house.control('/_lam/v1/invocations?function=audit')).json() as unknown as AsyncPage)
        .invocations;
    const { event } = (await house.control(`/_lam/v1/invocations/${audited[0]?.id}/event`)).json();
    const keysOf = (value: unknown): unknown =>
      Object.entries(value as object).map(([key, of]) => [
        key,
        key.endsWith('Context') ? Object.keys(of as object) : '',
      ]);
    assert.deepEqual(keysOf(JSON.parse(String(event))), keysOf(JSON.parse(blocks('json')[0] ?? '')));
  });
});
