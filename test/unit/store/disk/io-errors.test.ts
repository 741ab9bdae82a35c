import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { storeError } from '../../../../src/store/disk/io-errors.ts';
import { lam } from '../support.ts';

describe('a failed file operation', () => {
  test('is translated by its system code', () => {
    const failure = (code: string): Error => Object.assign(new Error(code), { code, syscall: 'write', path: '/p/q' });
    for (const code of ['ENOSPC', 'EDQUOT'])
      assert.ok(lam('LAM_STORE_DISK_FULL', '/p/q')(storeError(failure(code), '/p')));
    for (const code of ['EACCES', 'EROFS', 'EPERM'])
      assert.ok(lam('LAM_STORE_NOT_WRITABLE', '/p/q')(storeError(failure(code), '/p')));
    assert.ok(lam('LAM_STORE_DISK_ERROR', '/p/q')(storeError(failure('EIO'), '/p')));
    assert.ok(lam('LAM_STORE_TOO_MANY_FILES')(storeError(failure('EMFILE'), '/p')));
    const other = failure('EINVAL');
    assert.equal(storeError(other, '/p'), other);
  });
});
