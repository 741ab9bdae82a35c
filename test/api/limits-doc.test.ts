import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { quotaOf } from '../../src/cli/quota-flag.ts';
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
const REQUESTS = /^(\d+) x ([A-Z]+) (\S+)( with the key)? -> ([^\n]+)((?:\n {2}< .*)*)$/;
const COMMAND = /^lam config (set|unset) (\S+) (.*)$/;
const KEY = /^lam key (create|update) (\S+) --quota (\d+|none)$/;
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
      const clock = { ...systemClock, monotonic: () => now, now: () => MORNING + now };
      await using house = await edgeHouse({}, { clock });
      for (const { name, config } of functions) await house.publish(name, config);
      let key: string | undefined;
      for (const line of lines) {
        const later = LATER.exec(line);
        if (later === null) key = (await follow(house, line, key)) ?? key;
        else now += Number(later[1]) * 1000;
      }
    });
});

/** When the examples begin. */
const MORNING = Date.UTC(2026, 0, 5, 6);

/**
 * Does what a line says: sends requests at the same time and counts their answers, changes settings, or creates or changes
 * an API key, of which it returns a new one.
 */
async function follow(house: EdgeHouse, line: string, key: string | undefined): Promise<string | undefined> {
  const ofKey = KEY.exec(line);
  if (ofKey !== null) return changeKey(house, ofKey);
  const command = COMMAND.exec(line);
  if (command === null) await sendRequests(house, line, key);
  else await configure(house, command);
  return undefined;
}

async function changeKey(
  { operations: { apiKeys } }: EdgeHouse,
  [, verb, name = '', text = '']: RegExpExecArray,
): Promise<string | undefined> {
  const quota = quotaOf(text, '');
  if (verb === 'create') return (await apiKeys.create({ name, quota })).key;
  await apiKeys.update(name, { quota });
  return undefined;
}

async function configure(house: EdgeHouse, [, verb, name = '', words = '']: RegExpExecArray): Promise<void> {
  const body = verb === 'set' ? { set: parseSettings(words.split(' ')) } : { unset: fieldsOf(words.split(' ')) };
  const path = `/_lam/v1/functions/${name}/config`;
  const answer = await house.control(path, { method: 'PATCH', body: JSON.stringify(body) });
  assert.equal(answer.status, 200, answer.text);
}

async function sendRequests(house: EdgeHouse, line: string, key: string | undefined): Promise<void> {
  const [, count, method = '', path = '', isKeyed, expected, headers = ''] = REQUESTS.exec(line) ?? [];
  assert.ok(count !== undefined, `'${line}' cannot be read`);
  const request = {
    ...(method === 'POST' ? { method, body: '{}' } : { method }),
    ...(isKeyed === undefined ? {} : { headers: { 'x-api-key': key } }),
  };
  const answers = await Promise.all(Array.from({ length: Number(count) }, () => house.ask(path, request)));
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
