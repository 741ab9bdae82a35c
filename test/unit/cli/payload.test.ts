import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, describe, test } from 'node:test';
import { readPayload } from '../../../src/cli/fast/payload.ts';

const folder = mkdtempSync(join(tmpdir(), 'lam-payload-'));
after(() => rmSync(folder, { recursive: true }));
const read = (source: { data?: string; event?: string }): ReturnType<typeof readPayload> =>
  readPayload({ ...source, resolve: (file) => resolve(folder, file) });

describe('the payload', () => {
  test('is the value of -d, byte for byte', () => {
    assert.deepEqual(read({ data: ' {"a" : "\u00e9"}\n' }), { bytes: Buffer.from(' {"a" : "\u00e9"}\n') });
  });

  test('comes from a file with -d @FILE and -e FILE', () => {
    writeFileSync(join(folder, 'event.json'), '[1]\n');
    assert.deepEqual(read({ data: '@event.json' }), { bytes: Buffer.from('[1]\n') });
    assert.deepEqual(read({ event: 'event.json' }), { bytes: Buffer.from('[1]\n') });
  });

  test('that is not JSON is refused with its source', () => {
    assert.deepEqual(read({ data: '{a:1}' }), { kind: 'not-json', from: '-d', text: '{a:1}' });
  });

  test('whose file is missing is refused', () => {
    const refused = read({ event: 'missing.json' });
    assert.ok('kind' in refused && refused.kind === 'unreadable');
    assert.equal(refused.from, join(folder, 'missing.json'));
    assert.equal(refused.what, 'no such file');
    assert.deepEqual(read({ data: '@.' }), { kind: 'unreadable', from: folder, what: 'it is a folder' });
  });
});
