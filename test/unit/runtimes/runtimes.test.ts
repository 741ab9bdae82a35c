import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { isLamError } from '../../../src/errors/index.ts';
import {
  DESCRIPTORS,
  FAMILIES,
  KNOWN_RUNTIMES,
  parseRuntime,
  PROTOCOLS,
  requireRuntime,
} from '../../../src/runtimes/index.ts';

const ROOT = join(import.meta.dirname, '../../..');

describe('a runtime identifier', () => {
  for (const [identifier, family, version] of [
    ['nodejs', 'nodejs', undefined],
    ['node', 'nodejs', undefined],
    ['nodejs22.x', 'nodejs', '22'],
    ['node24', 'nodejs', '24'],
    ['python', 'python3', undefined],
    ['python3', 'python3', undefined],
    ['python3.12', 'python3', '3.12'],
    ['provided', 'provided', undefined],
    ['provided.al2', 'provided', undefined],
    ['provided.al2023', 'provided', undefined],
  ] as const) {
    test(`${identifier} means ${family}${version === undefined ? '' : ` ${version}`}`, () => {
      const runtime = requireRuntime(identifier);
      assert.deepEqual([runtime.family, runtime.version], [family, version]);
      assert.equal(runtime.descriptor, DESCRIPTORS[family]);
    });
  }

  test('that is unknown is refused with the known ones', () => {
    for (const identifier of ['', 'nodejsx', 'python2', 'python3.', 'provided.al1', 'ruby3.4', 'NODEJS', 'toString']) {
      assert.equal(parseRuntime(identifier), undefined, identifier);
      assert.throws(
        () => requireRuntime(identifier),
        (error) =>
          isLamError(error) && error.code === 'LAM_REGISTRY_UNKNOWN_RUNTIME' && /nodejs22\.x/.test(error.hint ?? ''),
      );
    }
  });
});

describe('every descriptor', () => {
  for (const family of FAMILIES) {
    const { handler, identifiers, stems, protocol, defaultTemplate } = DESCRIPTORS[family];

    test(`of ${family} parses the identifiers it shows, and no other family does`, () => {
      assert.equal(identifiers[0], family);
      for (const identifier of identifiers) {
        assert.equal(parseRuntime(identifier)?.family, family);
        assert.deepEqual(
          FAMILIES.filter((other) => DESCRIPTORS[other].parse(identifier) !== undefined),
          [family],
        );
      }
    });

    test(`of ${family} has a default handler that is valid, and a default template`, () => {
      assert.equal(handler.fault(handler.default), undefined);
      assert.notEqual(handler.file(handler.default), '');
      assert.ok(existsSync(join(ROOT, 'templates', family, defaultTemplate, 'lam.yaml')));
    });

    test(`of ${family} has stems only if the protocol passes environment and code with init`, () => {
      assert.ok(stems === 'none' || PROTOCOLS[protocol].environmentWithInit);
    });
  }

  test('is shown in the order of the list', () => {
    assert.deepEqual(KNOWN_RUNTIMES, [
      'nodejs',
      'nodejs22.x',
      'nodejs24.x',
      'python3',
      'python3.11',
      'python3.12',
      'provided',
      'provided.al2023',
    ]);
  });
});

test('a handler names a file and an export as its language writes them', () => {
  const { nodejs, python3, provided } = DESCRIPTORS;
  assert.deepEqual(['index.handler', 'src/a.b.c', 'none'].map(nodejs.handler.file), ['index', 'src/a', 'none']);
  assert.deepEqual(['a.b', 'pkg.mod.f', 'pkg/mod.f'].map(python3.handler.file), ['a', 'pkg/mod', 'pkg/mod']);
  assert.deepEqual(['anything', ''].map(provided.handler.file), ['bootstrap', 'bootstrap']);
  for (const bad of ['index', 'index.', '../a.b', 'a.b/c', 'a.b.']) {
    assert.equal(nodejs.handler.fault(bad), "must read 'file.export', for instance 'index.handler'", bad);
    assert.match(python3.handler.fault(bad) ?? '', /for instance 'lambda_function\.lambda_handler'$/);
    assert.equal(provided.handler.fault(bad), undefined);
  }
});
