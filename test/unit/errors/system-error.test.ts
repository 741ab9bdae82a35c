import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { asLamError, systemError, type ErrorCode } from '../../../src/errors/index.ts';

function failed(code: string, path?: string): Error {
  const about = { code, syscall: 'open', errno: -1, ...(path === undefined ? {} : { path }) };
  return Object.assign(new Error(`${code}: it failed`), about);
}

describe('a failed system call', () => {
  const causes: readonly [string, ErrorCode][] = [
    ['ENOSPC', 'LAM_STORE_DISK_FULL'],
    ['EDQUOT', 'LAM_STORE_DISK_FULL'],
    ['EROFS', 'LAM_STORE_NOT_WRITABLE'],
    ['EIO', 'LAM_STORE_DISK_ERROR'],
    ['EMFILE', 'LAM_STORE_TOO_MANY_FILES'],
    ['ENFILE', 'LAM_STORE_TOO_MANY_FILES'],
  ];
  for (const [code, expected] of causes) {
    test(`with ${code} is an error of the machine with a hint, wherever it happened`, () => {
      const error = asLamError(failed(code, '/home/x/file'));
      assert.equal(error.code, expected);
      assert.ok(error.hint !== undefined);
      if (expected !== 'LAM_STORE_TOO_MANY_FILES') assert.ok(error.message.includes("'/home/x/file'"), error.message);
      assert.equal((error.cause as { code?: string }).code, code);
    });
  }

  test('of a write without a path is a full disk, too', { skip: !existsSync('/dev/full') && 'no /dev/full' }, () => {
    let thrown: unknown;
    try {
      writeFileSync('/dev/full', 'x');
    } catch (error) {
      thrown = error;
    }
    const error = asLamError(thrown);
    assert.equal(error.code, 'LAM_STORE_DISK_FULL');
    assert.doesNotMatch(error.message, /''/);
  });

  test('with EIO and no path may be a terminal that was closed, and stays unknown', () => {
    assert.equal(systemError(failed('EIO')), undefined);
    assert.equal(asLamError(failed('EIO')).code, 'LAM_INTERNAL');
  });

  test('of another kind stays unknown', () => {
    assert.equal(asLamError(failed('ENOENT', '/x')).code, 'LAM_INTERNAL');
    assert.equal(asLamError(Object.assign(new Error('x'), { code: 'ENOSPC' })).code, 'LAM_INTERNAL');
  });
});
