import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { folder } from '../../../../src/triggers/folder/folder.ts';
import { folderTrial } from '../../../../src/triggers/folder/run/trial.ts';
import { selectionOf, type Selecting } from '../../../../src/triggers/folder/selection.ts';
import { systemClock } from '../../../../src/kit/index.ts';
import { ARNS } from '../../../support/arns.ts';
import { asFunctionName } from '../../../support/ids.ts';
import { FolderHouse } from '../../../support/folder-house.ts';

const KEYS = ['a.csv', 'a.tmp', '.h.csv', 'in/b.csv', 'in/b.json', 'in/old/c.csv', 'old/d.csv'];
const selected = (settings: Selecting): string[] => KEYS.filter((key) => selectionOf(settings).selects(key));

describe('the files of a folder that count', () => {
  test('are those whose key a pattern includes, and none excludes', () => {
    assert.deepEqual(selected({ include: '*.csv' }), ['a.csv']);
    assert.deepEqual(selected({ include: ['in/*.{csv,json}', '?.tmp'], recursive: true }), [
      ...['a.tmp', 'in/b.csv', 'in/b.json'],
    ]);
    assert.deepEqual(selected({ include: '**/*.csv', exclude: 'in/**', recursive: true }), ['a.csv', 'old/d.csv']);
    assert.deepEqual(selected({ exclude: '[a-b].tmp' }), ['a.csv']);
    assert.deepEqual(selected({ suffix: '.csv', include: '.h*', hidden: true }), ['.h.csv']);
  });

  test('are none below a subfolder that a pattern excludes, which is not entered', () => {
    const settings = { suffix: '.csv', exclude: '**/old', recursive: true };
    assert.deepEqual(selected(settings), ['a.csv', 'in/b.csv']);
    const { enters } = selectionOf(settings);
    assert.deepEqual(
      [enters('in'), enters('in/old'), enters('old'), enters('in/old/deep')],
      [true, false, false, false],
    );
  });

  test('are reported by a trigger, and no others', async () => {
    await using house = await FolderHouse.make();
    await mkdir(house.path('in/old'), { recursive: true });
    const settings = { include: '**/*.csv', exclude: ['in/old', 'skip*'], recursive: true };
    await house.watch(settings);
    for (const key of ['in/old/1.csv', 'skip.csv', '2.txt', 'in/3.csv']) await writeFile(house.path(key), key);
    assert.deepEqual(await house.reported(1), ['in/3.csv']);
  });

  test('have patterns that a key can match', () => {
    const faultOf = (more: object): string | undefined => {
      const fault = folder.fault({ type: 'folder', path: '/srv/inbox', ...more });
      return fault && `${fault.key}: ${fault.fault}`;
    };
    assert.equal(faultOf({ include: ['*.csv', '[ab]?.{x,y}'], exclude: 'tmp*' }), undefined);
    assert.match(faultOf({ include: '/srv/inbox/*.csv' }) ?? '', /^include: has the pattern .* which no file has/);
    assert.match(faultOf({ exclude: ['ok', '../*'] }) ?? '', /^exclude: has the pattern '\.\.\/\*', which no file has/);
    assert.match(faultOf({ include: '**/*.csv' }) ?? '', /^include: .* in a subfolder; set 'recursive: true' too$/);
    assert.match(faultOf({ include: '.*' }) ?? '', /^include: .* of hidden files; set 'hidden: true' too$/);
    assert.match(faultOf({ include: String.raw`a\*` }) ?? '', /^include: .* write '\[\*\]' for a '\*' in a name$/);
  });

  test('have a sample that their first pattern includes', () => {
    const about: Parameters<typeof folderTrial>[1] = {
      ...{ functionName: asFunctionName('import'), name: 'inbox', clock: systemClock, arns: ARNS, isPaused: false },
      kept: { get: () => undefined, set: () => undefined },
    };
    for (const include of ['**/*.{csv,json}', 'in/[ab]?-*.csv', ['x/**/y', 'z'], '*'])
      assert.equal(
        folderTrial({ type: 'folder', path: '/srv', include, recursive: true }, about, undefined).isFiltered,
        false,
        String(include),
      );
  });
});
