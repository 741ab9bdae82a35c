import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { COMMANDS } from '../../../src/cli/commands.ts';

interface Lane {
  readonly name: string;
  readonly folder: string;
  readonly except?: ReadonlySet<string>;
}
const root = resolve(import.meta.dirname, '../../..');
const path = new URL('../../../scripts/lanes.mjs', import.meta.url).href;
const { filesOf, lanesOf } = (await import(path)) as {
  filesOf(lane: Lane): readonly string[];
  lanesOf(names: readonly string[]): readonly Lane[];
};

describe('a lane of tests', () => {
  test('leaves out files that exist', () => {
    for (const { folder, except = [] } of lanesOf(['ordinary', 'binary']))
      for (const name of except) assert.ok(existsSync(join(root, folder, name)), `${folder}/${name}`);
  });

  test('that has a part is run once, and whole, when both are named', () => {
    const [whole, ...others] = lanesOf(['e2e', 'ordinary']).filter(({ name }) => name === 'e2e');
    assert.deepEqual(others, []);
    assert.equal(whole?.except, undefined);
  });

  test('shows each command from the single file', () => {
    const [binary] = lanesOf(['binary']);
    assert.ok(binary !== undefined);
    const code = filesOf(binary)
      .map((file) => readFileSync(join(root, file), 'utf8'))
      .join('\n');
    const missing = Object.keys(COMMANDS).filter((command) => !code.includes(`['${command.split(':').join("', '")}'`));
    assert.deepEqual(missing, []);
  });
});
