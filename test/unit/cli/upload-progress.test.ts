import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { uploadProgress } from '../../../src/cli/services/upload-progress.ts';

/** The lines of an upload of `total` files that takes `ms` for each. */
function linesOf(total: number, ms: number): string[] {
  const lines: string[] = [];
  let time = 0;
  const onFile = uploadProgress(
    total,
    (line) => lines.push(line),
    () => time,
  );
  for (let n = 0; n < total; n++) {
    time += ms;
    onFile();
  }
  return lines;
}

describe('the progress of an upload', () => {
  test('is said once a second and at its end', () => {
    assert.deepEqual(linesOf(5000, 0.5), [
      'sent 2000 of 5000 files',
      'sent 4000 of 5000 files',
      'sent all 5000 files; storing them',
    ]);
  });
  test('is not said of a short one', () => {
    assert.deepEqual(linesOf(100, 1), []);
  });
});
