import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import manifest from '../../../oclif.manifest.json' with { type: 'json' };
import { hoistGlobalFlags } from '../../../src/cli/app.ts';
import { COMMANDS } from '../../../src/cli/commands.ts';

interface Outline {
  readonly summary?: string;
  readonly description?: string;
  readonly hidden?: boolean;
  readonly examples?: readonly unknown[];
  readonly aliases: readonly string[];
  readonly flags: Readonly<
    Record<string, { readonly summary?: string; readonly char?: string; readonly env?: string }>
  >;
}
const outlines = manifest.commands as unknown as Readonly<Record<string, Outline>>;

describe('the commands', () => {
  test('are those of the manifest', () =>
    assert.deepEqual(Object.keys(outlines).toSorted(), Object.keys(COMMANDS).toSorted()));

  for (const [id, outline] of Object.entries(outlines).filter(([, o]) => o.hidden !== true)) {
    test(`${id} has a summary and two examples, and each flag a summary`, () => {
      assert.match(outline.summary ?? '', /^[A-Z].*\.$/);
      assert.notEqual(outline.description ?? '', '');
      assert.ok((outline.examples ?? []).length >= 2);
      for (const word of JSON.stringify(outline.examples).matchAll(/--json \| jq (?:-\w )?\W*(\w+)/g))
        assert.equal(word[1], 'data', 'jq reads the object that --json prints');
      for (const [name, flag] of Object.entries(outline.flags)) assert.match(flag.summary ?? '', /^[A-Z].*\.$/, name);
    });
    test(`${id} gives no letter to two flags`, () => {
      const letters = Object.values(outline.flags).flatMap((flag) => flag.char ?? []);
      assert.equal(new Set(letters).size, letters.length);
    });
  }

  test('no alias is used twice or hides a command', () => {
    const aliases = Object.values(outlines).flatMap((o) => o.aliases);
    assert.equal(new Set(aliases).size, aliases.length);
    for (const alias of aliases) assert.equal(alias in outlines, false, alias);
  });

  test('all have the global flags, also from variables', () => {
    for (const outline of Object.values(outlines)) {
      for (const name of ['json', 'home', 'port', 'no-start', 'cwd'])
        assert.match(outline.flags[name]?.env ?? '', /^LAM_/);
    }
  });
});

describe('global flags before the command', () => {
  test('are moved behind it', () => {
    assert.deepEqual(hoistGlobalFlags(['--json', '--home', '/h', 'list', '-q']), [
      'list',
      '-q',
      '--json',
      '--home',
      '/h',
    ]);
    assert.deepEqual(hoistGlobalFlags(['--home=/h', 'list']), ['list', '--home=/h']);
    assert.deepEqual(hoistGlobalFlags(['-C', 'x', 'invoke', '--', 'y']), ['invoke', '-C', 'x', '--', 'y']);
  });
  test('stay in place without a command', () => assert.deepEqual(hoistGlobalFlags(['--json']), ['--json']));
});
