import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { systemClock } from '../../../../src/kit/index.ts';
import { nodeIdOf } from '../../../../src/store/disk/node-id.ts';
import { openStore } from '../../../../src/store/index.ts';
import { layout, prepareHome } from '../../../../src/store/disk/layout.ts';

describe("a home's node id", () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'lam-node-'));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  test('is made at the first start and the same at each later one', async () => {
    const ids: string[] = [];
    for (let start = 0; start < 3; start++) {
      const store = await openStore(home, { clock: systemClock });
      ids.push(store.nodeId);
      await store.close();
    }
    assert.match(ids[0] ?? '', /^[0-9a-f]{12}$/);
    assert.deepEqual(ids, [ids[0], ids[0], ids[0]]);
    assert.equal((await readFile(layout(home).nodeId, 'utf8')).trim(), ids[0]);
  });

  test('differs between homes', async () => {
    const other = await mkdtemp(join(tmpdir(), 'lam-node-'));
    try {
      const ids = await Promise.all(
        [home, other].map((at) => {
          prepareHome(layout(at));
          return nodeIdOf(layout(at));
        }),
      );
      assert.notEqual(ids[0], ids[1]);
    } finally {
      await rm(other, { recursive: true, force: true });
    }
  });

  test('is replaced if the file contains none', async () => {
    const paths = layout(home);
    prepareHome(paths);
    await writeFile(paths.nodeId, 'not an id');
    const made = await nodeIdOf(paths);
    assert.match(made, /^[0-9a-f]{12}$/);
    assert.equal(await nodeIdOf(paths), made);
  });
});
