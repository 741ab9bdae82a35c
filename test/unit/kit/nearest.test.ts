import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from '../../../src/kit/index.ts';

test('nearest finds a name with letters missing, swapped or in another case', () => {
  const names = ['memory', 'timeout', 'handler'];
  assert.equal(nearest('memroy', names), 'memory');
  assert.equal(nearest('timout', names), 'timeout');
  assert.equal(nearest('Handler', names), 'handler');
});

test('nearest returns undefined when no name is similar', () => {
  assert.equal(nearest('banana', ['memory', 'timeout']), undefined);
  assert.equal(nearest('x', []), undefined);
});

test('nearest completes the beginning of one name, and of no more', () => {
  const names = ['environment', 'concurrency', 'maxConcurrency', 'route', 'routes'];
  assert.equal(nearest('env', names), 'environment');
  assert.equal(nearest('Conc', names), 'concurrency');
  assert.equal(nearest('rou', names), undefined);
  assert.equal(nearest('en', names), undefined);
});
