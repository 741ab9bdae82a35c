import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { idsOfHome, SandboxUsers } from '../../../../src/driver/process/sandbox-users.ts';
import { isLamError } from '../../../../src/errors/index.ts';

const ALL = '         0          0 4294967295\n';
const NOBODY = { maps: [ALL, ALL], accounts: [], subordinate: [] };
const HOME = '0000000a00000000';

describe('the user ids of sandboxes', () => {
  test('are high, and others for another home', () => {
    const [one, other] = [idsOfHome(HOME, NOBODY), idsOfHome('0000000b00000000', NOBODY)];
    assert.deepEqual(one, { first: 0x7000_0000 + 10 * 4096, count: 4096 });
    assert.deepEqual(other, { first: 0x7000_0000 + 11 * 4096, count: 4096 });
  });

  test('are none that an account has or was given', () => {
    const first = 0x7000_0000 + 10 * 4096;
    const accounts = [`root:x:0:0:root:/root:/bin/bash\nsomebody:x:${first + 5}:100::/home/s:/bin/sh\n`];
    const subordinate = [`somebody:${first + 4096}:${3 * 4096}\n`];
    assert.equal(idsOfHome(HOME, { ...NOBODY, accounts })?.first, first + 4096);
    assert.equal(idsOfHome(HOME, { ...NOBODY, accounts, subordinate })?.first, first + 4 * 4096);
  });

  test('are within those that a container has, and none where it has too few', () => {
    const [few, usual] = ['         0       1000          1\n', '0 100000 65536\n'];
    const ids = idsOfHome(HOME, { ...NOBODY, maps: [usual, usual] });
    assert.deepEqual(ids, { first: 30_000, count: 1000 });
    assert.equal(idsOfHome(HOME, { ...NOBODY, maps: [ALL, few] }), undefined);
  });

  test('belong to one sandbox at a time', () => {
    const users = new SandboxUsers({ first: 100, count: 3 });
    users.withhold([101]);
    assert.deepEqual(new Set([users.take(), users.take()]), new Set([100, 102]));
    assert.throws(
      () => users.take(),
      (error) => isLamError(error) && error.code === 'LAM_DRIVER_START_FAILED',
    );
    users.release(100);
    assert.equal(users.take(), 100);
  });
});
