import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, stat, symlink } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { buildFunction, type BuiltArtifact } from '../../../src/build/index.ts';
import { parseProject } from '../../../src/build/dotnet/project-file.ts';
import { isLamError, type ErrorCode } from '../../../src/errors/index.ts';
import { temporaryFolder, workbench, writeTree, type TreeEntry, type Workbench } from './fixture.ts';

const CLIENT = resolve(import.meta.dirname, '../../../src/bootstraps/dotnet');
const HANDLER = 'Function::Example.Function::Handle';
const CONFIG = { runtime: 'dotnet', handler: HANDLER };
const CODE = 'namespace Example { public class Function { public string Handle(string x) { return x; } } }';
const noMono = spawnSync('mcs', ['--version']).status === 0 ? false : 'no mcs on PATH';

function csproj(packages: readonly string[] = [], more = ''): string {
  const references = packages.map((name) => `<PackageReference Include="${name}" Version="1.0.0" />`);
  return `<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net8.0</TargetFramework>${more}</PropertyGroup>
  <ItemGroup><Compile Remove="test/**" />${references.join('')}</ItemGroup></Project>`;
}

async function bench(t: TestContext, tree: Readonly<Record<string, TreeEntry>>): Promise<Workbench> {
  const made = await workbench(t, tree);
  await mkdir(made.context.assetsDir);
  await symlink(CLIENT, join(made.context.assetsDir, 'client-dotnet'));
  return made;
}

function paths(built: BuiltArtifact): readonly string[] {
  return built.manifest.entries.map((entry) => entry.path);
}

function fails(code: ErrorCode, says: RegExp): (error: unknown) => boolean {
  return (error) => isLamError(error) && error.code === code && says.test(`${error.message}\n${error.hint ?? ''}`);
}

/** Runs `work` with PATH set to what `change` makes of it. */
async function withPath<T>(change: (path: string) => string, work: () => Promise<T>): Promise<T> {
  const path = process.env['PATH'] ?? '';
  process.env['PATH'] = change(path);
  try {
    return await work();
  } finally {
    process.env['PATH'] = path;
  }
}

describe('a project file of .NET', () => {
  test('is read for assembly, kind, framework, packages and removed folders, without its comments', () => {
    const text = `<!-- <OutputType>Exe</OutputType> -->${csproj(['A.B', 'C'], '<AssemblyName> Named </AssemblyName>')}`;
    assert.deepEqual(parseProject('x.csproj', text), {
      file: 'x.csproj',
      assembly: 'Named',
      isProgram: false,
      framework: 'net8.0',
      packages: ['A.B', 'C'],
      removed: ['test'],
    });
    const bare = parseProject(
      'My.App.csproj',
      '<Project><PropertyGroup><OutputType>exe</OutputType></PropertyGroup></Project>',
    );
    assert.deepEqual([bare.assembly, bare.isProgram, bare.framework], ['My.App', true, undefined]);
  });

  test('is refused beside another, and with a handler in another assembly', async (t) => {
    const two = await bench(t, { 'a.csproj': csproj(), 'b.csproj': csproj() });
    await assert.rejects(
      buildFunction(two.fn(CONFIG), two.context),
      fails('LAM_BUILD_PROJECTS_AMBIGUOUS', /holds 2 projects: a\.csproj, b\.csproj/),
    );
    const other = await bench(t, { 'Other.csproj': csproj() });
    await assert.rejects(
      buildFunction(other.fn(CONFIG), other.context),
      fails('LAM_BUILD_ASSEMBLY_MISMATCH', /'Other\.csproj' makes: the assembly 'Other'[^]*Other::Namespace/),
    );
    const program = await bench(t, { 'App.csproj': csproj([], '<OutputType>Exe</OutputType>') });
    await assert.rejects(
      buildFunction(program.fn(CONFIG), program.context),
      fails('LAM_BUILD_ASSEMBLY_MISMATCH', /the program 'App'[^]*handler: App/),
    );
  });
});

describe('without the .NET SDK', { skip: spawnSync('dotnet').error === undefined && 'the SDK is on PATH' }, () => {
  test('Mono compiles a class library, once for equal source, without its tests', { skip: noMono }, async (t) => {
    const tree = { 'Function.csproj': csproj(['Amazon.Lambda.Core']), 'Function.cs': CODE, 'test/T.cs': 'no C#' };
    const made = await bench(t, tree);
    const built = await buildFunction(made.fn(CONFIG), made.context);
    assert.deepEqual(
      paths(built).filter((path) => !path.endsWith('.mdb')),
      ['.lam/dotnet/client.exe', 'Function.dll', 'bootstrap'],
    );
    assert.match(await readFile(built.files.get('bootstrap') ?? '', 'utf8'), /^#!\/bin\/sh\nexec mono /);
    assert.ok(((await stat(built.files.get('bootstrap') ?? '')).mode & 0o111) !== 0);
    // mcs makes other bytes each time.
    assert.deepEqual((await buildFunction(made.fn(CONFIG), made.context)).manifest, built.manifest);
  });

  test('Mono says what it cannot compile', { skip: noMono }, async (t) => {
    const made = await bench(t, { 'Function.csproj': csproj(), 'Function.cs': 'class {' });
    await assert.rejects(
      buildFunction(made.fn(CONFIG), made.context),
      fails('LAM_BUILD_FAILED', /'mcs' exited with code 1\n[^]*Function\.cs\(1,/),
    );
  });

  test('the SDK is named, with what it is needed for and where it is had', async (t) => {
    for (const [project, handler, why] of [
      [csproj(['Newtonsoft.Json']), HANDLER, /for its packages Newtonsoft\.Json/],
      [csproj([], '<OutputType>Exe</OutputType>'), 'Function', /to publish the program Function/],
    ] as const) {
      const made = await bench(t, { 'Function.csproj': project });
      await assert.rejects(
        buildFunction(made.fn({ ...CONFIG, handler }), made.context),
        (error) =>
          fails('LAM_BUILD_TOOL_MISSING', why)(error) &&
          fails('LAM_BUILD_TOOL_MISSING', /'dotnet'[^]*dotnet\.microsoft\.com/)(error),
      );
    }
    const made = await bench(t, { 'Function.csproj': csproj() });
    await withPath(
      () => '/nonexistent',
      () =>
        assert.rejects(
          buildFunction(made.fn(CONFIG), made.context),
          fails('LAM_BUILD_TOOL_MISSING', /'dotnet'.*mcs of Mono compiles it as well/),
        ),
    );
  });
});

/** Stands for the SDK, which no package registry has: writes what it was asked to publish into its output. */
const DOTNET = `#!/bin/sh
project=
while [ $# -gt 0 ]; do
  case $1 in --output) out=$2; shift ;; *.csproj) project=$1 ;; esac
  words="$words $1"; shift
done
mkdir -p "$out" && cp "$project" "$out/published.txt" && cp "$(dirname "$project")"/*.cs "$out/" 2>/dev/null
echo "$words" > "$out/words.txt"
`;

describe('the command line of the .NET SDK', () => {
  async function published(
    t: TestContext,
    project: string,
    handler: string,
  ): Promise<(path: string) => Promise<string>> {
    const bin = await temporaryFolder(t);
    await writeTree(bin, { dotnet: { text: DOTNET, mode: 0o755 } });
    const made = await bench(t, { 'Function.csproj': project });
    const built = await withPath(
      (path) => `${bin}${delimiter}${path}`,
      () => buildFunction(made.fn({ ...CONFIG, handler }), made.context),
    );
    return (path) => readFile(built.files.get(path) ?? '', 'utf8');
  }

  test("publishes a class library with a program that runs AWS's client", async (t) => {
    const read = await published(t, csproj(['Newtonsoft.Json']), HANDLER);
    assert.match(await read('words.txt'), /^ publish --configuration Release .*LamHost\.csproj$/m);
    const host = await read('published.txt');
    assert.match(host, /<PackageReference Include="Amazon\.Lambda\.RuntimeSupport" Version="[\d.]+" \/>/);
    assert.match(host, /<ProjectReference Include="\/.*\/source\/Function\.csproj" \/>/);
    assert.match(host, /<TargetFramework>net8\.0</);
    assert.match(await read('Program.cs'), /new RuntimeSupportInitializer\(arguments\[0\]\)\.RunLambdaBootstrap\(\)/);
    assert.match(await read('bootstrap'), /exec dotnet "\$LAMBDA_TASK_ROOT\/LamHost\.dll" "\$_HANDLER"/);
  });

  test('publishes a program as it is', async (t) => {
    const read = await published(
      t,
      csproj(['Amazon.Lambda.RuntimeSupport'], '<OutputType>Exe</OutputType>'),
      'Function',
    );
    assert.match(await read('words.txt'), /source\/Function\.csproj$/m);
    assert.match(await read('bootstrap'), /exec dotnet "\$LAMBDA_TASK_ROOT\/Function\.dll"/);
  });
});
