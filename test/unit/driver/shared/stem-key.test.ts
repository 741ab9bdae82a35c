import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stemKeyOf } from '../../../../src/driver/shared/stem-key.ts';
import { parseRuntime, requireRuntime } from '../../../../src/runtimes/index.ts';

test('functions of a runtime without stems share none', () => {
  const runtime = requireRuntime('nodejs');
  assert.equal(stemKeyOf({ ...runtime, descriptor: { ...runtime.descriptor, stems: 'none' } }, [1]), null);
});

function key(name: string, ...madeWith: readonly unknown[]): string | null {
  const runtime = parseRuntime(name);
  assert.ok(runtime !== undefined);
  return stemKeyOf(runtime, madeWith);
}

test('functions share stems when one process, made alike, can run them', () => {
  assert.equal(key('nodejs22.x', { memoryMiB: 128 }), key('nodejs24.x', { memoryMiB: 128 }));
  const keys = [
    key('nodejs', 1),
    key('nodejs', 2),
    key('nodejs', 1, 'on'),
    key('python3', 1),
    key('python3.11', 1),
    key('python3.12', 1),
  ];
  assert.equal(new Set(keys).size, keys.length, JSON.stringify(keys));
  for (const executable of ['provided.al2023', 'go', 'rust']) assert.equal(key(executable, 1), key('provided', 1));
});
