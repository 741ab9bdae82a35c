import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { SourceMap } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { authorsPosition } from '../../../src/bootstraps/javascript/source-map.ts';

const ENTRY = join(import.meta.dirname, '../../../src/bootstraps/nodejs/main.ts');

describe('the place in the sources', () => {
  let root: string;
  let file: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'lam-map-'));
    file = join(root, 'bundle.cjs');
    await build({
      entryPoints: [ENTRY],
      outfile: file,
      bundle: true,
      platform: 'node',
      sourcemap: true,
      logLevel: 'error',
    });
  });
  after(() => rm(root, { recursive: true }));

  test('is the one that Node finds, at every tenth column of a bundle', async () => {
    const map = new SourceMap(
      JSON.parse(await readFile(`${file}.map`, 'utf8')) as ConstructorParameters<typeof SourceMap>[0],
    );
    const lines = (await readFile(file, 'utf8')).split('\n');
    let found = 0;
    for (const [line, text] of lines.entries()) {
      for (let column = 0; column < text.length; column += 10) {
        const entry = map.findEntry(line, column);
        // Node takes the last segment of an earlier line where this line has none before the column.
        const isHere = 'originalSource' in entry && entry.generatedLine === line;
        const place = authorsPosition([root], { file: pathToFileURL(file).href, line: line + 1, column: column + 1 });
        const expected = isHere
          ? `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`
          : undefined;
        if (isHere) found++;
        assert.equal(place, expected, `${line}:${column}`);
      }
    }
    assert.ok(found > 500, `${found} places`);
  });

  test('is unknown for packages, files outside the folder, and files without a valid map', async () => {
    const at = { line: 30, column: 3 };
    const copies = { [join(root, 'node_modules/p/index.js')]: [root], [join(root, 'copy.js')]: ['/elsewhere'] };
    const map = await readFile(`${file}.map`);
    for (const [copy, roots] of Object.entries(copies)) {
      await mkdir(dirname(copy), { recursive: true });
      await writeFile(`${copy}.map`, map);
      assert.equal(authorsPosition(roots, { file: copy, ...at }), undefined, copy);
    }
    for (const [name, text] of [
      ['none.js', undefined],
      ['broken.js', '{"version":3,'],
      ['empty.js', '{}'],
      ['odd.js', '{"version":3,"sources":["a.ts"],"mappings":"!?"}'],
    ] as const) {
      if (text !== undefined) await writeFile(join(root, `${name}.map`), text);
      assert.equal(authorsPosition([root], { file: join(root, name), ...at }), undefined, name);
    }
    assert.equal(authorsPosition([root], { file: 'evalmachine.<anonymous>', ...at }), undefined);
    assert.equal(authorsPosition([root], { file: 'file://host/x.js', ...at }), undefined);
  });
});
