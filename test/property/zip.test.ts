import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromBufferPromise } from 'yauzl';
import { writeZip, type ZipItem } from '../../src/build/index.ts';

interface Leaf {
  readonly path: string;
  readonly content: Uint8Array;
  readonly kind: 'plain' | 'executable' | 'link';
}

const name = fc
  .oneof(
    fc.stringMatching(/^[a-zA-Z0-9 ._-]{1,12}$/),
    fc.constantFrom('ä', '日本', '.hidden', 'a b', "it's", '-rf', '__init__.py'),
  )
  .filter((text) => text !== '.' && text !== '..');

const leaf = fc.record<Leaf>({
  path: fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/')),
  content: fc.uint8Array({ maxLength: 3000 }),
  kind: fc.constantFrom('plain', 'executable', 'link'),
});

/** Leaves with distinct paths, none of which is a folder of another, in code-unit order. */
const tree = fc.array(leaf, { maxLength: 12 }).map((leaves) => {
  const kept: Leaf[] = [];
  for (const each of leaves) {
    const clashes = kept.some(
      ({ path }) => path === each.path || path.startsWith(`${each.path}/`) || each.path.startsWith(`${path}/`),
    );
    if (!clashes) kept.push(each);
  }
  return kept.toSorted((a, b) => (a.path < b.path ? -1 : 1));
});

test('any tree of files yields the same zip twice, and is restored from it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lam-zip-'));
  let runs = 0;
  try {
    await fc.assert(
      fc.asyncProperty(tree, async (leaves) => {
        runs += 1;
        const items = await itemsOf(leaves, join(folder, String(runs)));
        const [one, two] = [await zipOf(items), await zipOf(items)];
        assert.ok(one.equals(two));
        assert.deepEqual(await readBack(one), leaves.map(expectation));
      }),
      { numRuns: 60 },
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

function targetOf(each: Leaf): string {
  return `to-${each.content.length}`;
}

async function itemsOf(leaves: readonly Leaf[], folder: string): Promise<readonly ZipItem[]> {
  await mkdir(folder);
  const items: ZipItem[] = [];
  for (const [index, each] of leaves.entries()) {
    if (each.kind === 'link') {
      items.push({ path: each.path, target: targetOf(each) });
      continue;
    }
    const source = join(folder, String(index));
    await writeFile(source, each.content);
    assert.deepEqual(new Uint8Array(await readFile(source)), each.content);
    items.push({ path: each.path, source, executable: each.kind === 'executable' });
  }
  return items;
}

async function zipOf(items: readonly ZipItem[]): Promise<Buffer> {
  const out = new PassThrough();
  const [bytes] = await Promise.all([buffer(out), writeZip(out, items)]);
  return bytes;
}

function expectation(each: Leaf): unknown {
  const mode = { plain: 0o100644, executable: 0o100755, link: 0o120777 }[each.kind];
  const content = each.kind === 'link' ? Buffer.from(targetOf(each)) : Buffer.from(each.content);
  return { path: each.path, mode, content: content.toString('hex') };
}

async function readBack(bytes: Buffer): Promise<readonly unknown[]> {
  const zip = await fromBufferPromise(bytes);
  const found: unknown[] = [];
  for await (const entry of zip.eachEntry()) {
    const content = await buffer(await zip.openReadStreamPromise(entry));
    found.push({ path: entry.fileName, mode: entry.externalFileAttributes >>> 16, content: content.toString('hex') });
  }
  return found;
}
