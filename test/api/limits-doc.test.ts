import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fieldsOf, parseSettings } from '../../src/cli/services/settings.ts';
import { systemClock } from '../../src/kit/index.ts';
import { parseProject } from '../../src/project/index.ts';
import { edgeHouse, type Answer, type EdgeHouse } from '../support/edge-house.ts';

const PAGE = await readFile(new URL('../../docs/limits.md', import.meta.url), 'utf8');
const EXAMPLES = [...PAGE.matchAll(/^```yaml\n([^]*?)^```\n\n```text\n([^]*?)^```$/gm)].map(
  ([, yaml = '', text = '']) => ({
    yaml,
    lines: text.trim().split(/\n(?! )/),
  }),
);
const REQUESTS = /^(\d+) x ([A-Z]+) (\S+) -> ([^\n]+)((?:\n {2}< .*)*)$/;
const COMMAND = /^lam config (set|unset) (\S+) (.*)$/;
const LATER = /^([\d.]+) s later$/;

describe('docs/limits.md', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lam-limits-'));
    await writeFile(join(folder, 'index.js'), 'exports.handler = async (e) => e;');
  });
  after(() => rm(folder, { recursive: true }));

  test('has examples', () => assert.ok(EXAMPLES.length >= 3));

  for (const { yaml, lines } of EXAMPLES)
    test(`says what happens: ${lines[0]}`, async () => {
      const { functions } = await parseProject(yaml, join(folder, 'lam.yaml'));
      // Stands still but where the page says so, because refused requests must find no token on a slow machine either.
      let now = 0;
      await using house = await edgeHouse({}, { clock: { ...systemClock, monotonic: () => now } });
      for (const { name, config } of functions) await house.publish(name, config);
      for (const line of lines) {
        const later = LATER.exec(line);
        if (later === null) await follow(house, line);
        else now += Number(later[1]) * 1000;
      }
    });
});

/** Does what a line says: sends requests at the same time and counts their answers, or changes settings. */
async function follow(house: EdgeHouse, line: string): Promise<void> {
  const command = COMMAND.exec(line);
  if (command !== null) {
    const [, verb, name = '', words = ''] = command;
    const body = verb === 'set' ? { set: parseSettings(words.split(' ')) } : { unset: fieldsOf(words.split(' ')) };
    const path = `/_lam/v1/functions/${name}/config`;
    const answer = await house.control(path, { method: 'PATCH', body: JSON.stringify(body) });
    assert.equal(answer.status, 200, answer.text);
    return;
  }
  const [, count, method = '', path = '', expected, headers = ''] = REQUESTS.exec(line) ?? [];
  assert.ok(count !== undefined, `'${line}' cannot be read`);
  const answers = await Promise.all(
    Array.from({ length: Number(count) }, () =>
      house.ask(path, method === 'POST' ? { method, body: '{}' } : { method }),
    ),
  );
  assert.equal(countsOf(answers), expected, line);
  const last = answers.find(({ status }) => status === 429) ?? answers[0];
  for (const [, name = '', value] of headers.matchAll(/^ {2}< ([\w-]+): (.*)$/gm))
    assert.equal(last?.headers[name], value, line);
}

function countsOf(answers: readonly Answer[]): string {
  const byStatus = Map.groupBy(answers, ({ status }) => status);
  return [...byStatus]
    .toSorted(([a], [b]) => a - b)
    .map(([status, { length }]) => `${length} x ${status}`)
    .join(', ');
}
