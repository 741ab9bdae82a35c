import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  digestOf,
  mergeManifests,
  parseLayerReference,
  type Manifest,
  type ManifestEntry,
} from '../../../src/contract/index.ts';
import { createHash } from 'node:crypto';

function manifest(files: Readonly<Record<string, string>>): Manifest {
  const entries = Object.entries(files).map(([path, content]): ManifestEntry => ({
    ...{ path, kind: 'file', size: content.length, executable: false },
    digest: digestOf(createHash('sha256').update(content)),
  }));
  return { entries };
}

describe('layers', () => {
  test('merge so that a later one wins, also where a file and a folder meet', () => {
    const merged = mergeManifests([
      manifest({ 'a/1': 'first', 'a/2': 'first', b: 'first', 'c/d/e': 'first' }),
      manifest({ 'a/1': 'second', 'b/x': 'second', c: 'second' }),
    ]);
    assert.deepEqual(merged, manifest({ 'a/1': 'second', 'a/2': 'first', 'b/x': 'second', c: 'second' }));
  });

  test('are named by name and version, or by ARN', () => {
    const tools = { name: 'tools', version: 3 };
    assert.deepEqual(parseLayerReference('tools:3'), tools);
    assert.deepEqual(parseLayerReference('arn:aws:lambda:eu-west-1:123456789012:layer:tools:3'), tools);
    for (const text of ['tools', 'tools:0', 'tools:x', './tools', 'a/b:1', 'tools.zip', '', ':1'])
      assert.equal(parseLayerReference(text), undefined, text);
  });
});
