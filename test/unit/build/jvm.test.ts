import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { buildFunction, inlineArtifact, type BuiltArtifact } from '../../../src/build/index.ts';
import { parseClass } from '../../../src/build/jvm/class-file.ts';
import { isJar, jarEntry } from '../../../src/build/jvm/jar-entry.ts';
import { isLamError, type ErrorCode } from '../../../src/errors/index.ts';
import { asFunctionName } from '../../support/ids.ts';
import { NO_MAVEN } from '../../support/maven.ts';
import { temporaryFolder, workbench, type TreeEntry, type Workbench } from './fixture.ts';

const CONFIG = { runtime: 'java', handler: 'example.Handler::handle' };
const executable = (text: string): TreeEntry => ({ text: `#!/bin/sh\n${text}`, mode: 0o755 });

function paths(built: BuiltArtifact): readonly string[] {
  return built.manifest.entries.map((entry) => entry.path);
}

/** The class `example.Handler` with the method `handle`, as a compiler writes it. */
function handlerClass(): Buffer {
  const text = (words: string): Buffer => Buffer.from([1, 0, words.length, ...Buffer.from(words)]);
  const classAt = (index: number): Buffer => Buffer.from([7, 0, index]);
  const constants = [
    text('example/Handler'),
    classAt(1),
    text('java/lang/Object'),
    classAt(3),
    text('handle'),
    text('()V'),
  ];
  return Buffer.concat([
    Buffer.from('cafebabe00000034', 'hex'),
    Buffer.from([0, constants.length + 1]),
    ...constants,
    // Access, this, super, no interfaces, no fields, one method without attributes, no attributes.
    Buffer.from('002100020004' + '0000' + '0000' + '0001' + '0401000500060000' + '0000', 'hex'),
  ]);
}

/** A jar with a text and a class, as `zip` makes it: without a manifest. */
async function jarIn(folder: string, name: string, content = 'x'): Promise<void> {
  await mkdir(folder, { recursive: true });
  execFileSync('python3', [
    '-c',
    'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED); z.writestr("example/a.txt", sys.argv[2]); z.writestr("example/Handler.class", bytes.fromhex(sys.argv[3]))',
    join(folder, name),
    content,
    handlerClass().toString('hex'),
  ]);
}

/** A bench whose workspace has the client already, so that nothing is fetched. */
async function benchWithClient(t: TestContext, tree: Readonly<Record<string, TreeEntry>>): Promise<Workbench> {
  const bench = await workbench(t, tree);
  const client = join(bench.workspace, 'jvm-client', `2.10.1-${process.arch}`);
  await jarIn(client, 'client.jar');
  return bench;
}

/** The class path of an artifact. */
async function classPath(built: BuiltArtifact): Promise<readonly string[]> {
  const text = await readFile(built.files.get('.lam/jvm/arguments') ?? '', 'utf8');
  const [option, path = ''] = text.trimEnd().split('\n');
  assert.equal(option, '-cp');
  return (JSON.parse(path) as string).split(':');
}

function fails(code: ErrorCode, says: RegExp): (error: unknown) => boolean {
  return (error) => isLamError(error) && error.code === code && says.test(`${error.message}\n${error.hint ?? ''}`);
}

describe('a jar', () => {
  test('is told from other files, with and without a manifest, and read by entry', async (t) => {
    const folder = await temporaryFolder(t);
    await jarIn(folder, 'a.jar', 'y'.repeat(5000));
    assert.equal(await isJar(join(folder, 'a.jar')), true);
    assert.equal(await isJar(import.meta.filename), false);
    assert.equal((await jarEntry(join(folder, 'a.jar'), 'example/a.txt'))?.toString(), 'y'.repeat(5000));
    assert.equal(await jarEntry(join(folder, 'a.jar'), 'example/b.txt'), undefined);
  });
});

describe('the artifact of ready jars', () => {
  test('has them and the client on its class path, the client first, in a fixed order', async (t) => {
    const bench = await benchWithClient(t, { 'notes.txt': '' });
    await jarIn(join(bench.directory, 'lib'), 'b.jar');
    await jarIn(join(bench.directory, 'lib'), 'a.jar');
    await jarIn(bench.directory, 'app.jar');
    const built = await buildFunction(bench.fn(CONFIG), bench.context);
    t.after(() => built.dispose());
    assert.deepEqual(await classPath(built), ['.lam/jvm/client.jar', 'app.jar', 'lib/a.jar', 'lib/b.jar']);
    for (const path of ['app.jar', 'lib/a.jar', 'notes.txt', '.lam/jvm/client.jar'])
      assert.ok(paths(built).includes(path), path);
    assert.deepEqual(built.notices, []);
  });

  test('is refused with a file that is no jar, which Java would silently ignore', async (t) => {
    const bench = await benchWithClient(t, { 'app.jar': 'not a zip' });
    await assert.rejects(
      buildFunction(bench.fn(CONFIG), bench.context),
      fails('LAM_BUILD_JAR_INVALID', /'app\.jar' is no jar/),
    );
    assert.deepEqual(await readdir(bench.workspace), ['jvm-client']);
  });
});

describe('a class file', () => {
  test('is read for what it extends and has', () => {
    assert.deepEqual(parseClass(handlerClass()), {
      superclass: 'java/lang/Object',
      interfaces: [],
      methods: ['handle'],
    });
  });

  test('that is none, or is cut off, is not read', () => {
    const whole = handlerClass();
    assert.equal(parseClass(Buffer.from('no class at all')), undefined);
    assert.equal(parseClass(Buffer.alloc(0)), undefined);
    for (let length = 0; length < whole.length - 2; length++)
      assert.equal(parseClass(whole.subarray(0, length)), undefined, `${length} bytes`);
  });
});

test('a handler that is in no jar is refused, unless a layer may have it', async (t) => {
  const bench = await benchWithClient(t, { 'notes.txt': '' });
  await jarIn(bench.directory, 'app.jar');
  const other = { ...CONFIG, handler: 'example.Handle::handle' };
  await assert.rejects(
    buildFunction(bench.fn(other), bench.context),
    fails(
      'LAM_BUILD_HANDLER_INVALID',
      /no jar of the artifact has the class 'example\.Handle'; did you mean 'example\.Handler'/,
    ),
  );
  await assert.rejects(
    buildFunction(bench.fn({ ...CONFIG, handler: 'example.Handler::other' }), bench.context),
    fails('LAM_BUILD_HANDLER_INVALID', /has no method 'other', only handle/),
  );
  const built = await buildFunction(
    { ...bench.fn(other), layers: [{ path: bench.directory }] } as never,
    bench.context,
  );
  t.after(() => built.dispose());
  assert.deepEqual(await classPath(built), ['.lam/jvm/client.jar', 'app.jar']);
});

/** Stands for Gradle's wrapper, whose distribution tests cannot fetch: makes what Gradle would, from its arguments. */
const GRADLEW = `
for word in "$@"; do case $word in -Dlam.dependencies=*) into=\${word#*=} ;; esac; done
mkdir -p build/libs && cp ready/app.jar build/libs/app-1.jar && cp ready/app.jar build/libs/app-1-plain.jar
cp ready/dep.jar "$into/dep.jar"
grep -q lamDependencies "$3" && echo "$@" > build/words
`;

describe('a project of Gradle', () => {
  test('is built by its wrapper, with the jars it depends on', async (t) => {
    const bench = await benchWithClient(t, { 'build.gradle.kts': '', gradlew: executable(GRADLEW) });
    for (const name of ['app.jar', 'dep.jar']) await jarIn(join(bench.directory, 'ready'), name);
    const built = await buildFunction(bench.fn(CONFIG), bench.context).catch(skipWithoutJdk(t));
    if (built === undefined) return;
    t.after(() => built.dispose());
    assert.deepEqual(await classPath(built), ['.lam/jvm/client.jar', 'lib/app-1.jar', 'lib/dep.jar']);
    assert.match(await readFile(join(bench.directory, 'build/words'), 'utf8'), / assemble lamDependencies$/m);
    assert.ok(!paths(built).some((path) => path.startsWith('build')), paths(built).join());
  });

  test('fails when it makes no jar', async (t) => {
    const bench = await benchWithClient(t, { 'build.gradle': '', gradlew: executable('exit 0\n') });
    const built = await buildFunction(bench.fn(CONFIG), bench.context).catch((error: unknown) => {
      if (isLamError(error) && error.code === 'LAM_BUILD_TOOL_MISSING') return t.skip('no javac on PATH');
      assert.ok(fails('LAM_BUILD_JAR_MISSING', /made no jar in 'build\/libs'/)(error), String(error));
      return undefined;
    });
    assert.equal(built, undefined);
  });
});

function skipWithoutJdk(t: TestContext): (error: unknown) => undefined {
  return (error) => {
    if (!isLamError(error) || error.code !== 'LAM_BUILD_TOOL_MISSING') throw error;
    t.skip('no javac on PATH');
  };
}

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>example</groupId><artifactId>hello</artifactId><version>1</version>
  <properties>
    <maven.compiler.source>11</maven.compiler.source><maven.compiler.target>11</maven.compiler.target>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
</project>
`;
const SOURCE = 'src/main/java/example/Handler.java';

describe('a project of Maven', { skip: NO_MAVEN, timeout: 240_000 }, () => {
  test('is built once for equal sources, whatever else is in its folder', async (t) => {
    const tree = {
      'pom.xml': POM,
      [SOURCE]: 'package example; public class Handler { long z = 1L; public String handle(String x) { return x; } }',
    };
    const bench = await benchWithClient(t, { ...tree, 'README.md': 'one' });
    const first = await buildFunction(bench.fn(CONFIG), bench.context);
    assert.deepEqual(await classPath(first), ['.lam/jvm/client.jar', 'lib/hello-1.jar']);
    assert.deepEqual(paths(first), ['.lam/jvm/arguments', '.lam/jvm/client.jar', 'lib/hello-1.jar']);
    const { mtimeMs } = await stat(join(bench.directory, 'target'));
    const again = await buildFunction(bench.fn(CONFIG), bench.context);
    assert.deepEqual(again.manifest, first.manifest);
    const { mtimeMs: after } = await stat(join(bench.directory, 'target'));
    assert.equal(after, mtimeMs);
  });

  test('fails with what the compiler printed', async (t) => {
    const bench = await benchWithClient(t, {
      'pom.xml': POM,
      [SOURCE]: 'package example; public class Handler { oops }',
    });
    await assert.rejects(
      buildFunction(bench.fn(CONFIG), bench.context),
      fails('LAM_BUILD_FAILED', /'mvn package' exited with code 1\n[^]*Handler\.java/),
    );
  });
});

test('a machine without Maven is told the package with it', async (t) => {
  const bench = await workbench(t, { 'notes.txt': '' });
  const path = process.env['PATH'];
  process.env['PATH'] = '/nonexistent';
  try {
    await assert.rejects(
      buildFunction(bench.fn(CONFIG), bench.context),
      fails('LAM_BUILD_TOOL_MISSING', /needs 'mvn' \(to fetch AWS's client for Java, once\)[^]*apt-get install maven/),
    );
  } finally {
    process.env['PATH'] = path;
  }
});

test('code on the command line is refused, with what to do instead', async (t) => {
  const { context } = await workbench(t, {});
  await assert.rejects(
    inlineArtifact('class A {}', { functionName: asFunctionName('hello'), runtime: 'java' }, context),
    fails('LAM_BUILD_NO_INLINE', /lam init hello --runtime java/),
  );
});
