import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { cachedFolder } from '../../../src/build/dependency-cache.ts';

describe('a folder of dependencies', () => {
  let workspace = '';
  beforeEach(() => {
    workspace = mkdtempSync(join(tmpdir(), 'lam-cache-'));
  });
  afterEach(() => rmSync(workspace, { recursive: true }));

  test('is filled once for builds that need it at the same time', async () => {
    let fills = 0;
    const make = async (folder: string): Promise<void> => {
      fills += 1;
      await writeFile(join(folder, 'file'), 'x');
    };
    const places = await Promise.all([1, 2, 3, 4].map(() => cachedFolder(workspace, 'pip', 'key', make)));
    assert.deepEqual(new Set(places), new Set([join(workspace, 'pip', 'key')]));
    assert.equal(fills, 1);
    assert.deepEqual(readdirSync(join(workspace, 'pip')), ['key']);
  });

  test('that one build could not fill is tried by the others for themselves', async () => {
    let fills = 0;
    const make = (name: string) => async (folder: string) => {
      fills += 1;
      if (name !== 'last') throw new Error(name);
      await writeFile(join(folder, 'file'), 'x');
    };
    const results = await Promise.allSettled(
      ['first', 'second', 'last'].map((name) => cachedFolder(workspace, 'pip', 'key', make(name))),
    );
    assert.deepEqual(
      results.map((result) => (result.status === 'rejected' ? String(result.reason) : 'ok')),
      ['Error: first', 'Error: second', 'ok'],
    );
    assert.equal(fills, 3);
    assert.deepEqual(readdirSync(join(workspace, 'pip')), ['key']);
  });
});
