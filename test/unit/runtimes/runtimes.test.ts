import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { isLamError } from '../../../src/errors/index.ts';
import { DESCRIPTORS, FAMILIES, KNOWN_RUNTIMES, parseRuntime, requireRuntime } from '../../../src/runtimes/index.ts';

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
    ['ruby', 'ruby', undefined],
    ['ruby3', 'ruby', '3'],
    ['ruby3.3', 'ruby', '3.3'],
    ['java', 'java', undefined],
    ['java8.al2', 'java', '8'],
    ['java21', 'java', '21'],
    ['scala', 'scala', undefined],
    ['kotlin', 'kotlin', undefined],
    ['dotnet', 'dotnet', undefined],
    ['dotnet8', 'dotnet', '8'],
    ['dotnetcore3.1', 'dotnet', '3'],
    ['bun', 'bun', undefined],
    ['bun1', 'bun', '1'],
    ['deno', 'deno', undefined],
    ['deno2.1', 'deno', '2.1'],
    ['php', 'php', undefined],
    ['php8.2', 'php', '8.2'],
    ['provided', 'provided', undefined],
    ['go', 'go', undefined],
    ['go1.x', 'go', undefined],
    ['rust', 'rust', undefined],
    ['crystal', 'crystal', undefined],
    ['bash', 'bash', undefined],
    ['provided.al2', 'provided', undefined],
    ['provided.al2023', 'provided', undefined],
    ['stdio', 'stdio', undefined],
    ['wasm', 'wasm', undefined],
    ['wasip1', 'wasm', undefined],
    ['image', 'image', undefined],
    ['stdio-image', 'stdio-image', undefined],
  ] as const) {
    test(`${identifier} means ${family}${version === undefined ? '' : ` ${version}`}`, () => {
      const runtime = requireRuntime(identifier);
      assert.deepEqual([runtime.family, runtime.version], [family, version]);
      assert.equal(runtime.descriptor, DESCRIPTORS[family]);
    });
  }

  test('that is unknown is refused with the known ones', () => {
    for (const identifier of ['', 'nodejsx', 'python2', 'python3.', 'provided.al1', 'ruby1.9', 'NODEJS', 'toString']) {
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
    const { handler, identifiers, defaultTemplate } = DESCRIPTORS[family];

    test(`of ${family} parses AWS's identifiers that mean it`, () => {
      for (const identifier of DESCRIPTORS[family].awsIdentifiers)
        assert.equal(parseRuntime(identifier)?.family, family, identifier);
    });

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
  }

  test('is shown in the order of the list', () => {
    assert.deepEqual(KNOWN_RUNTIMES, [
      'nodejs',
      'nodejs22.x',
      'nodejs24.x',
      'nodejs26.x',
      'python3',
      'python3.11',
      'python3.12',
      'python3.13',
      'python3.14',
      'ruby',
      'ruby3.2',
      'ruby3.3',
      'ruby3.4',
      'java',
      'java17',
      'java21',
      'java25',
      'scala',
      'kotlin',
      'dotnet',
      'dotnet8',
      'go',
      'go1.x',
      'rust',
      'crystal',
      'bash',
      'deno',
      'bun',
      'php',
      'php8.2',
      'php8.3',
      'php8.4',
      'provided',
      'provided.al2023',
      'stdio',
      'wasm',
      'image',
      'stdio-image',
    ]);
  });
});

test('a handler names a file and an export as its language writes them', () => {
  const { nodejs, python3, ruby, java, provided } = DESCRIPTORS;
  assert.deepEqual(['index.handler', 'src/a.b.c', 'none'].map(nodejs.handler.file), ['index', 'src/a', 'none']);
  assert.deepEqual(['a.b', 'pkg.mod.f', 'pkg/mod.f'].map(python3.handler.file), ['a', 'pkg/mod', 'pkg/mod']);
  assert.deepEqual(['a.b', 'src/a.B::C.d'].map(ruby.handler.file), ['a', 'src/a']);
  assert.deepEqual(['anything', ''].map(provided.handler.file), ['bootstrap', 'bootstrap']);
  for (const bad of ['index', 'index.', '../a.b', 'a.b/c', 'a.b.']) {
    assert.equal(nodejs.handler.fault(bad), "must read 'file.export', for instance 'index.handler'", bad);
    assert.match(python3.handler.fault(bad) ?? '', /for instance 'lambda_function\.lambda_handler'$/);
    assert.match(ruby.handler.fault(bad) ?? '', /for instance 'lambda_function\.lambda_handler'$/);
    assert.equal(provided.handler.fault(bad), undefined);
  }
  for (const good of ['Function::Example.Function::Handle', 'My.Assembly::A.B+C`1::D_e', 'Program'])
    assert.equal(DESCRIPTORS.dotnet.handler.fault(good), undefined, good);
  for (const wrong of ['', 'A::B', 'A::B::C::D', 'A:B:C', 'a/b::C::d', 'A::B::'])
    assert.match(
      DESCRIPTORS.dotnet.handler.fault(wrong) ?? '',
      /^must read 'Assembly::Namespace\.Type::Method'/,
      wrong,
    );
  for (const good of ['Handler', 'example.Handler', 'example.Grüße$Inner::handleRequest', 'a.b.C::_x'])
    assert.equal(java.handler.fault(good), undefined, good);
  for (const bad of ['', '.Handler', 'example.', 'example.Handler:', 'a::b::c', '1a.B', 'a/B', 'a.B::', 'a-b.C'])
    assert.match(java.handler.fault(bad) ?? '', /^must read 'package\.Class' or 'package\.Class::method'/, bad);
  assert.equal(ruby.handler.fault('a.B.c'), undefined);
  assert.match(ruby.handler.fault('a.B.c.d') ?? '', /^must read 'file\.method' or 'file\.Class\.method'/);
});
