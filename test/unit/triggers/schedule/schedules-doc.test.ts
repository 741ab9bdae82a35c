import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parseProject } from '../../../../src/project/index.ts';
import { planOf } from '../../../../src/triggers/schedule/run/plan.ts';
import type { ScheduleTrigger } from '../../../../src/triggers/schedule/settings.ts';

const PAGE = await readFile(new URL('../../../../docs/schedules.md', import.meta.url), 'utf8');
const BLOCKS = [...PAGE.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(([, kind, text = '']) => ({ kind, text }));
const EXAMPLES = BLOCKS.flatMap(({ kind, text }, n) => {
  const next = BLOCKS[n + 1];
  return kind === 'yaml' && next?.kind === 'text' ? [{ yaml: text, lines: next.text.trim().split('\n') }] : [];
});

describe('docs/schedules.md', () => {
  let folder = '';
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'lam-schedules-doc-'))));
  after(() => rm(folder, { recursive: true }));

  test('has examples', () => assert.ok(EXAMPLES.length >= 9));

  for (const { yaml, lines } of EXAMPLES)
    test(`says when it runs: ${yaml.trim().split('\n').at(-1)}`, async () => {
      const load = () => parseProject(yaml, join(folder, 'lam.yaml'));
      const refused = lines[0]?.startsWith('refused: ') === true ? lines[0].slice('refused: '.length) : undefined;
      if (refused !== undefined) {
        await assert.rejects(load(), ({ message }: Error) => message.includes(refused));
        return;
      }
      const config = (await load()).functions[0]?.config.triggers?.[0] as ScheduleTrigger;
      const plan = planOf(config);
      let at: number | undefined;
      for (const line of lines) {
        if (line.startsWith('after ')) {
          at = Date.parse(line.slice('after '.length));
          continue;
        }
        assert.ok(at !== undefined);
        at = plan.next(at);
        assert.equal(at === undefined ? 'none' : new Date(at).toISOString().replace('.000', ''), line);
      }
    });
});
