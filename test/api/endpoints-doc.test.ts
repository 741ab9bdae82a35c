import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parseProject } from '../../src/project/index.ts';
import { zipOf } from '../unit/store/support.ts';
import { edgeHouse } from '../support/edge-house.ts';
import { checkRequestLine } from '../support/request-lines.ts';

/** A lam.yaml of the page, and what the page says of it. */
interface Example {
  readonly yaml: string;
  readonly lines: readonly string[];
}

const PAGE = await readFile(new URL('../../docs/endpoints.md', import.meta.url), 'utf8');
const BLOCKS = [...PAGE.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(([, kind, text = '']) => ({ kind, text }));
const EXAMPLES: readonly Example[] = BLOCKS.flatMap(({ kind, text }, n) => {
  const next = BLOCKS[n + 1];
  return kind === 'yaml' && next?.kind === 'text' ? [{ yaml: text, lines: next.text.trim().split(/\n(?! )/) }] : [];
});

/** Code of the functions, with the files that the page speaks of. */
const FILES = {
  'index.js': 'exports.handler = async (e) => e;',
  'public/index.html': '<h1>hello</h1>',
  'public/robots.txt': '',
  'public/app.js': 'alert(1)',
  'public/.env': 'SECRET=1',
};
const ZIP = zipOf(Object.entries(FILES).map(([name, content]) => ({ name, content })));

describe('docs/endpoints.md', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lam-endpoints-'));
    for (const [name, content] of Object.entries(FILES)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), content);
    }
  });
  after(() => rm(folder, { recursive: true }));

  test('has examples', () => assert.ok(EXAMPLES.length >= 4));

  for (const { yaml, lines } of EXAMPLES)
    test(`says what happens: ${lines[0]}`, async () => {
      const load = () => parseProject(yaml, join(folder, 'lam.yaml'));
      const refused = lines[0]?.startsWith('refused: ') === true ? lines[0].slice('refused: '.length) : undefined;
      if (refused !== undefined) {
        await assert.rejects(load(), ({ message }: Error) => message.includes(refused));
        return;
      }
      const { functions } = await load();
      await using house = await edgeHouse();
      const { artifact } = (await house.control('/_lam/v1/artifacts/zip', { method: 'POST', body: ZIP })).json();
      for (const { name, config } of functions) {
        const body = JSON.stringify({ artifact, config });
        const answer = await house.control(`/_lam/v1/functions/${name}/versions`, { method: 'POST', body });
        assert.equal(answer.status, 200, answer.text);
      }
      for (const line of lines) await checkRequestLine(house, line);
    });
});
