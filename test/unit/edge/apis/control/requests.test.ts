import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  aliasOf,
  gcOf,
  logQueryOf,
  patchOf,
  publishOf,
  rollbackOf,
} from '../../../../../src/edge/apis/control/requests.ts';
import { digestFor } from '../../../../support/ids.ts';

const BAD = { code: 'LAM_EDGE_BAD_REQUEST' };

describe('a control request', () => {
  test('keeps its known members and nothing else', () => {
    const config = { runtime: 'nodejs' };
    const whole = { artifact: digestFor('d'), config, message: 'm', by: 'me', alias: 'prod', dryRun: true };
    assert.deepEqual(publishOf({ ...whole, evil: 1 }), whole);
    assert.deepEqual(rollbackOf({ to: 3, message: 'm', evil: 1 }), { to: 3, message: 'm' });
    assert.deepEqual(aliasOf({ version: 2, by: 'me' }), { version: 2, by: 'me' });
    assert.deepEqual(gcOf({ keep: 0, dryRun: false }), { keep: 0, dryRun: false });
    const patch = {
      set: { memoryMiB: 256 },
      unset: ['cpus'],
      add: { routes: ['GET /'] },
      remove: { routes: ['GET /a'] },
      setEnvironment: { A: '1' },
      unsetEnvironment: ['B'],
      message: 'm',
    };
    assert.deepEqual(patchOf(patch), patch);
  });

  test('treats null as absent', () => assert.deepEqual(rollbackOf({ to: null, message: null }), {}));

  const refused: [string, () => unknown, RegExp][] = [
    ['without an artifact', () => publishOf({ config: {} }), /'artifact' is missing/],
    ['with an artifact that is no text', () => publishOf({ artifact: 5, config: {} }), /'artifact' is not a string/],
    ['with a list for a configuration', () => publishOf({ artifact: 'd', config: [] }), /'config' is not an object/],
    ['with a version that is text', () => aliasOf({ version: '2' }), /'version' is not a number/],
    ['with half a version', () => aliasOf({ version: 1.5 }), /'version' is not a version number/],
    ['with version 0', () => rollbackOf({ to: 0 }), /'to' is not a version number/],
    ['with names to unset that are not a list', () => patchOf({ unset: 'cpus' }), /'unset' is not a list of strings/],
    [
      'with names to unset that are no text',
      () => patchOf({ unsetEnvironment: [1] }),
      /'unsetEnvironment' is not a list of strings/,
    ],
    [
      'with routes to add that are not a list',
      () => patchOf({ add: { routes: 'GET /' } }),
      /'add.routes' is not a list/,
    ],
    ['with a list for settings', () => patchOf({ set: [] }), /'set' is not an object/],
  ];
  for (const [title, run, message] of refused)
    test(`${title} is refused by name`, () => assert.throws(run, { ...BAD, message }));
});

test('a publish request with an invalid digest finds no artifact', () =>
  assert.throws(() => publishOf({ artifact: 'd', config: {} }), { code: 'LAM_STORE_ARTIFACT_NOT_FOUND' }));

describe('a query for logs', () => {
  test('is read from the query parameters', () => {
    const text = 'since=1&until=2.5&lines=3&search=a%20b&requestId=r&version=4&withoutPlatform=1&follow=1&mark=1';
    assert.deepEqual(logQueryOf(new URLSearchParams(text)), {
      query: { since: 1, until: 2.5, lines: 3, search: 'a b', requestId: 'r', version: 4, withoutPlatform: true },
      follow: true,
      mark: true,
    });
    assert.deepEqual(logQueryOf(new URLSearchParams('follow=0')), { query: {}, follow: false, mark: false });
  });

  for (const text of ['since=x', 'until=', 'since=NaN', 'lines=1.5x']) {
    test(`?${text} is refused`, () => assert.throws(() => logQueryOf(new URLSearchParams(text)), BAD));
  }
});
