import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import {
  SANDBOX_EVENTS,
  SANDBOX_STATES,
  transition,
  type SandboxEventName,
  type SandboxStateName,
} from '../../../src/pool/sandbox-state.ts';

/** Transitions that the table must allow; it must refuse all others. */
const ALLOWED: readonly [SandboxStateName, SandboxEventName, SandboxStateName][] = [
  ['booting', 'booted', 'initializing'],
  ['booting', 'booted-stem', 'stem'],
  ['booting', 'drain', 'draining'],
  ['booting', 'exited', 'gone'],
  ['stem', 'bind', 'initializing'],
  ['stem', 'drain', 'draining'],
  ['stem', 'exited', 'gone'],
  ['initializing', 'ready', 'idle'],
  ['initializing', 'drain', 'draining'],
  ['initializing', 'exited', 'gone'],
  ['idle', 'acquire', 'busy'],
  ['idle', 'drain', 'draining'],
  ['idle', 'exited', 'gone'],
  ['busy', 'acquire', 'busy'],
  ['busy', 'release', 'idle'],
  ['busy', 'drain', 'draining'],
  ['busy', 'exited', 'gone'],
  ['draining', 'drain', 'draining'],
  ['draining', 'exited', 'gone'],
  ['gone', 'exited', 'gone'],
  ['gone', 'drain', 'gone'],
];

for (const state of SANDBOX_STATES) {
  for (const event of SANDBOX_EVENTS) {
    const next = ALLOWED.find(([s, e]) => s === state && e === event)?.[2];
    test(`a sandbox that is ${state} ${next === undefined ? `refuses '${event}'` : `becomes ${next} on '${event}'`}`, () => {
      assert.equal(transition(state, event), next);
    });
  }
}

test('a sandbox that drains takes no work', () => {
  for (const state of ['draining', 'gone'] as const) {
    for (const event of ['acquire', 'release', 'ready', 'bind', 'booted', 'booted-stem'] as const)
      assert.equal(transition(state, event), undefined);
  }
});

test('the table in docs/ARCHITECTURE.md is the table of the code', async () => {
  const text = await readFile(new URL('../../../docs/ARCHITECTURE.md', import.meta.url), 'utf8');
  const written = /<!-- sandbox-state:begin -->\n([\s\S]*?)\n<!-- sandbox-state:end -->/.exec(text)?.[1] ?? '';
  const rows = written
    .trim()
    .split('\n')
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const [head = [], _rule, ...body] = rows;
  assert.deepEqual(head, ['state', ...SANDBOX_EVENTS.map((e) => `\`${e}\``)]);
  const expected = SANDBOX_STATES.map((state) => [
    state,
    ...SANDBOX_EVENTS.map((event) => transition(state, event) ?? '-'),
  ]);
  assert.deepEqual(body, expected);
});
