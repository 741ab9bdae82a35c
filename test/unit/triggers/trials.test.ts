import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemClock } from '../../../src/kit/index.ts';
import { folderTrial } from '../../../src/triggers/folder/run/trial.ts';
import type { FolderTrigger } from '../../../src/triggers/folder/settings.ts';
import { webhookTrial } from '../../../src/triggers/webhook/run/trial.ts';
import type { WebhookTrigger } from '../../../src/triggers/webhook/webhook.ts';
import { asFunctionName } from '../../support/ids.ts';
import { ARNS } from '../../support/arns.ts';

const kept = { get: () => undefined, set: () => undefined };
const about = { functionName: asFunctionName('f'), name: 't', clock: systemClock, arns: ARNS, kept, isPaused: false };

/** An event of a folder with files of these keys. */
const files = (...keys: readonly string[]): unknown => ({ Records: keys.map((key) => ({ s3: { object: { key } } })) });

describe('a test of a watched folder', () => {
  const config: FolderTrigger = {
    type: 'folder',
    path: '/srv/inbox',
    prefix: 'a b',
    suffix: ['.csv', '.json'],
    content: true,
  };

  test('gives a sample that its settings let pass', () => {
    const { event, isFiltered } = folderTrial(config, about, undefined);
    const [record] = (event as { Records: { eventName: string; s3: { object: { key: string } }; lam: object }[] })
      .Records;
    assert.equal(isFiltered, false);
    assert.deepEqual([record?.eventName, record?.s3.object.key], ['ObjectCreated:Put', 'a+bsample.csv']);
    assert.deepEqual(record?.lam, { path: '/srv/inbox/a bsample.csv', content: 'c2FtcGxl' });
  });

  test('leaves out files that do not count', () => {
    const given = files('a+b1.csv', 'a+b2.txt', 'c.csv', 'a%20b3.json');
    assert.deepEqual(folderTrial(config, about, given), {
      event: files('a+b1.csv', 'a%20b3.json'),
      filtered: 2,
      isFiltered: false,
    });
    assert.deepEqual(folderTrial(config, about, files('c')), { event: files('c'), filtered: 1, isFiltered: true });
  });

  test('refuses what is not such an event', () => {
    for (const given of [1, [], {}, { Records: [] }, { Records: [null] }, { Records: [{ s3: {} }] }, files('%zz')])
      assert.throws(() => folderTrial(config, about, given), { code: 'LAM_TRIGGERS_BAD_EVENT' }, JSON.stringify(given));
  });
});

describe('a test of a webhook', () => {
  const config: WebhookTrigger = { type: 'webhook', path: '/hooks/in', signature: 'github', secret: '${S}' };

  test('gives a sample, or the event that it was given', () => {
    const { event } = webhookTrial(config, about, undefined);
    const { version, rawPath, body } = event as { version: string; rawPath: string; body: string };
    assert.deepEqual([version, rawPath, body], ['2.0', '/hooks/in', '{}']);
    assert.deepEqual(webhookTrial(config, about, { body: 'x' }), {
      event: { body: 'x' },
      filtered: 0,
      isFiltered: false,
    });
  });

  test('refuses what has no body', () => {
    for (const given of [1, [], {}, 'body'])
      assert.throws(() => webhookTrial(config, about, given), { code: 'LAM_TRIGGERS_BAD_EVENT' });
  });
});
