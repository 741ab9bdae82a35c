import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { FunctionDetail } from '../../src/contract/index.ts';
import { lamSession, type LamSession } from './session.ts';

/** Answers its number and a variable. */
const code = (n: number): string => `exports.handler = async () => [${n}, process.env.GREETING ?? null];`;

describe('aliases', () => {
  let s: LamSession;
  before(async () => {
    s = await lamSession();
  });
  after(() => s.dispose());

  test('point at versions, whatever version is live, and divide requests among them', async () => {
    for (const n of [1, 2, 3])
      await s.ok(['deploy', 'aliased', '--inline', code(n), ...(n === 2 ? ['--alias', 'stable'] : [])]);
    assert.equal((await s.ok(['invoke', 'aliased:stable'])).stdout, '[2,null]');
    assert.equal(
      (await s.ok(['alias', 'set', 'aliased', 'stable', 'v1', '--message', 'v2 leaks'])).stdout,
      'aliased:stable -> v1\n',
    );
    assert.equal((await s.ok(['invoke', 'aliased:stable'])).stdout, '[1,null]');
    assert.match((await s.ok(['alias', 'list', 'aliased'])).stdout, /^ALIAS +VERSION\nstable +v1\n$/);
    assert.match((await s.ok(['versions', 'aliased', '--history'])).stdout, /alias +stable +v2 -> v1 +\S+ +v2 leaks\n/);
    await s.refused(['alias', 'set', 'aliased', '7', 'v1'], 'LAM_REGISTRY_INVALID_ALIAS', 2);
    await s.refused(['alias', 'set', 'aliased', 'x', 'v9'], 'LAM_REGISTRY_VERSION_NOT_FOUND', 4);
    assert.equal(
      (await s.ok(['alias', 'set', 'aliased', 'stable', '2', '--weight', 'v1=10', '--sticky', 'X-User'])).stdout,
      'aliased:stable -> v2 90 %, v1 10 %, sticky by x-user\n',
    );
    assert.match((await s.ok(['alias', 'list', 'aliased'])).stdout, /\nstable +v2 90 %, v1 10 %, sticky by x-user\n$/);
    assert.deepEqual(JSON.parse((await s.ok(['alias', 'list', 'aliased', '--json'])).stdout), {
      ok: true,
      data: [{ alias: 'stable', version: 2, weights: { 1: 10 }, sticky: 'x-user' }],
    });
    assert.match(
      (await s.ok(['describe', 'aliased'])).stdout,
      /aliases: +stable -> v2 90 %, v1 10 %, sticky by x-user\n/,
    );
    await s.refused(['alias', 'set', 'aliased', 'stable', '2', '--weight', '1'], 'LAM_CLI_USAGE', 2);
    await s.refused(['alias', 'set', 'aliased', 'stable', '2', '--weight', '1=101'], 'LAM_REGISTRY_ALIAS_WEIGHTS', 2);
    await s.ok(['alias', 'delete', 'aliased', 'stable']);
    const [deleted] = (await s.json<FunctionDetail>(['describe', 'aliased'])).history;
    assert.match(deleted?.by ?? '', /^\S+@\S+$/);
    assert.equal(deleted?.message, 'stable v2 removed');
    await s.refused(['alias', 'delete', 'aliased', 'stable'], 'LAM_REGISTRY_ALIAS_NOT_FOUND', 4);
  });
});
