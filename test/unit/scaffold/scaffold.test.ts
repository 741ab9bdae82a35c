import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, readlink, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isLamError, type ErrorCode } from '../../../src/errors/index.ts';
import { loadProject } from '../../../src/project/index.ts';
import { listTemplates, scaffold, type ScaffoldRequest } from '../../../src/scaffold/index.ts';

const TEMPLATES = fileURLToPath(new URL('../../../templates', import.meta.url));

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'lam-scaffold-')));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function request(root: string, members: Partial<ScaffoldRequest> = {}): ScaffoldRequest {
  return {
    name: 'hello',
    runtime: 'nodejs',
    directory: join(root, 'hello'),
    cwd: root,
    force: false,
    templatesRoot: TEMPLATES,
    url: 'http://127.0.0.1:8123',
    ...members,
  };
}

function fails(code: ErrorCode, pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isLamError(error), String(error));
    assert.equal(error.code, code);
    assert.match(`${error.message}\n${error.hint}`, pattern);
    return true;
  };
}

/** A custom template, with the given files besides lam.yaml. */
async function ownTemplate(folder: string, files: Readonly<Record<string, string>> = {}): Promise<void> {
  for (const [path, text] of Object.entries({ 'lam.yaml': 'name: theirs # mine\nruntime: {{runtime}}\n', ...files })) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

function git(folder: string, ...words: readonly string[]): void {
  const identity = ['-c', 'user.name=someone', '-c', 'user.email=someone@localhost', '-c', 'init.defaultBranch=main'];
  execFileSync('git', [...identity, ...words], { cwd: folder, stdio: 'pipe' });
}

describe('a new project', () => {
  for (const runtime of ['nodejs', 'python3', 'ruby'])
    test(`with routes has its own, below its name, and names the daemon's port (${runtime})`, async (t) => {
      const root = await temporaryFolder(t);
      await scaffold(request(root, { runtime, template: 'http-api', url: 'http://127.0.0.1:8123' }));
      const read = (file: string): Promise<string> => readFile(join(root, 'hello', file), 'utf8');
      assert.match(await read('lam.yaml'), /\n {2}- GET \/hello\/greetings\/\{name\}\n {2}- POST \/hello\/greetings\n/);
      assert.match(await read('README.md'), /curl http:\/\/127\.0\.0\.1:8123\/hello\/greetings\/Ada/);
    });

  test('contains its name, dot files with their final names, and the schema for editors', async (t) => {
    const root = await temporaryFolder(t);
    const made = await scaffold(request(root, { runtime: 'nodejs22.x' }));
    assert.equal(made.template, 'nodejs/hello');
    assert.ok(made.files.includes('.gitignore') && !made.files.includes('_gitignore'), made.files.join());
    assert.match(await readFile(join(root, 'hello/README.md'), 'utf8'), /^# hello\n/);
    assert.match(
      await readFile(join(root, 'hello/lam.yaml'), 'utf8'),
      /^# yaml-language-server: \$schema=\.\/\.lam\/lam\.schema\.json\nname: hello\nruntime: nodejs22\.x\n/,
    );
    assert.equal(
      (JSON.parse(await readFile(join(root, 'hello/.lam/lam.schema.json'), 'utf8')) as { title: string }).title,
      'lam project',
    );
    assert.deepEqual(await readdir(root), ['hello']);
  });

  test('has a folder with default permissions', async (t) => {
    const root = await temporaryFolder(t);
    await scaffold(request(root));
    await mkdir(join(root, 'other'));
    assert.equal((await stat(join(root, 'hello'))).mode, (await stat(join(root, 'other'))).mode);
  });

  test('may have a name that YAML would read as a number', async (t) => {
    const root = await temporaryFolder(t);
    await scaffold(request(root, { name: '0123' }));
    assert.equal((await loadProject(join(root, 'hello'))).functions[0]?.name, '0123');
  });

  test('may go into an empty folder, and below missing folders', async (t) => {
    const root = await temporaryFolder(t);
    await mkdir(join(root, 'empty'));
    await scaffold(request(root, { directory: join(root, 'empty') }));
    await scaffold(request(root, { directory: join(root, 'a/b/c') }));
    for (const folder of ['empty', 'a/b/c']) assert.equal((await loadProject(join(root, folder))).functions.length, 1);
  });

  test('is refused in a folder that is not empty, which stays unchanged', async (t) => {
    const root = await temporaryFolder(t);
    await mkdir(join(root, 'hello'));
    await writeFile(join(root, 'hello/mine.txt'), 'mine');
    await writeFile(join(root, 'file'), 'mine');
    await assert.rejects(scaffold(request(root)), fails('LAM_SCAFFOLD_EXISTS', /hello' exists[\s\S]*--force/));
    await assert.rejects(
      scaffold(request(root, { directory: join(root, 'file'), force: true })),
      fails('LAM_SCAFFOLD_EXISTS', /file' exists/),
    );
    assert.deepEqual(await readdir(join(root, 'hello')), ['mine.txt']);
  });

  test('with force replaces files of the same name and keeps the others', async (t) => {
    const root = await temporaryFolder(t);
    await mkdir(join(root, 'hello'));
    await writeFile(join(root, 'hello/mine.txt'), 'mine');
    await writeFile(join(root, 'hello/index.mjs'), 'old');
    await scaffold(request(root, { force: true }));
    assert.equal(await readFile(join(root, 'hello/mine.txt'), 'utf8'), 'mine');
    assert.match(await readFile(join(root, 'hello/index.mjs'), 'utf8'), /handler/);
    assert.deepEqual(await readdir(root), ['hello']);
  });

  test('with force is refused if a folder has the name of a file', async (t) => {
    const root = await temporaryFolder(t);
    await mkdir(join(root, 'hello/index.mjs'), { recursive: true });
    await assert.rejects(scaffold(request(root, { force: true })), fails('LAM_SCAFFOLD_EXISTS', /index\.mjs/));
    assert.deepEqual(await readdir(join(root, 'hello')), ['index.mjs']);
  });

  test('that cannot be written leaves nothing behind', async (t) => {
    const root = await temporaryFolder(t);
    await writeFile(join(root, 'file'), '');
    await assert.rejects(
      scaffold(request(root, { directory: join(root, 'file/hello') })),
      fails('LAM_SCAFFOLD_WRITE_FAILED', /ENOTDIR/),
    );
    assert.deepEqual(await readdir(root), ['file']);
  });

  for (const name of ['', '../x', 'a/b', 'x'.repeat(200), 'héllo', 'a b', 'a\u001b[31m']) {
    test(`with the name ${JSON.stringify(name.slice(0, 20))} is refused`, async (t) => {
      const root = await temporaryFolder(t);
      await assert.rejects(
        scaffold(request(root, { name })),
        fails('LAM_SCAFFOLD_INVALID_NAME', /is not a function name/),
      );
      assert.deepEqual(await readdir(root), []);
    });
  }
});

describe('an unknown runtime or template', () => {
  test('is refused with the known names and the nearest one', async (t) => {
    const root = await temporaryFolder(t);
    await assert.rejects(
      scaffold(request(root, { runtime: 'nodjs' })),
      fails('LAM_SCAFFOLD_UNKNOWN_RUNTIME', /'nodjs'[\s\S]*did you mean 'nodejs'/),
    );
    await assert.rejects(
      scaffold(request(root, { runtime: 'cobol' })),
      fails(
        'LAM_SCAFFOLD_UNKNOWN_RUNTIME',
        /use one of: bash, bun, crystal, deno, dotnet, go, image, java, kotlin, nodejs, php, provided, python3, ruby, rust, scala, stdio, stdio-image, wasm/,
      ),
    );
    await assert.rejects(
      scaffold(request(root, { template: 'helo' })),
      fails('LAM_SCAFFOLD_UNKNOWN_TEMPLATE', /no template 'helo'[\s\S]*did you mean 'hello'/),
    );
    await assert.rejects(
      scaffold(request(root, { template: '../python3/hello' })),
      fails(
        'LAM_SCAFFOLD_UNKNOWN_TEMPLATE',
        /use one of: hello, http-api, queue, schedule, typescript, typescript-http-api, webhook/,
      ),
    );
    assert.deepEqual(await readdir(root), []);
  });
});

describe('a template of your own', () => {
  test('in a folder is copied without history and installed packages, under the new name', async (t) => {
    const root = await temporaryFolder(t);
    await ownTemplate(join(root, 'own'), {
      'src/{{name}}.mjs': '// {{name}}',
      '.git/HEAD': 'x',
      'node_modules/x/index.js': 'x',
      '__init__.py': '',
    });
    await writeFile(join(root, 'own/binary'), Buffer.from([0, ...Buffer.from('{{name}}')]));
    await symlink('src', join(root, 'own/link'));
    const made = await scaffold(request(root, { from: join(root, 'own') }));
    assert.deepEqual(made.files, [
      '.lam/lam.schema.json',
      '__init__.py',
      'binary',
      'lam.yaml',
      'link',
      'src/hello.mjs',
    ]);
    assert.equal(await readFile(join(root, 'hello/lam.yaml'), 'utf8'), 'name: hello # mine\nruntime: nodejs\n');
    assert.equal(await readFile(join(root, 'hello/src/hello.mjs'), 'utf8'), '// hello');
    assert.equal(await readlink(join(root, 'hello/link')), 'src');
    assert.ok((await readFile(join(root, 'hello/binary'))).includes('{{name}}'));
  });

  for (const [title, target] of [
    ['upwards', '../../secret'],
    ['to an absolute place', '/etc/passwd'],
    ['down and up through another link', 'deep/../../x'],
  ] as const) {
    test(`with a link that leads out ${title} is refused`, async (t) => {
      const root = await temporaryFolder(t);
      await ownTemplate(join(root, 'own'));
      await symlink(target, join(root, 'own/escape'));
      await assert.rejects(
        scaffold(request(root, { from: join(root, 'own') })),
        fails('LAM_SCAFFOLD_TEMPLATE_INVALID', /'escape'.*leads out/),
      );
      assert.deepEqual(await readdir(root), ['own']);
    });
  }

  test('without lam.yaml is refused', async (t) => {
    const root = await temporaryFolder(t);
    await mkdir(join(root, 'own'));
    await assert.rejects(
      scaffold(request(root, { from: join(root, 'own') })),
      fails('LAM_SCAFFOLD_TEMPLATE_INVALID', /holds no lam\.yaml/),
    );
  });

  test('in a git repository is cloned, also at a branch, without its history', async (t) => {
    const root = await temporaryFolder(t);
    const repository = join(root, 'repository');
    await ownTemplate(repository, { 'index.mjs': '// main' });
    git(repository, 'init', '--quiet');
    git(repository, 'add', '.');
    git(repository, 'commit', '--quiet', '-m', 'Begin');
    git(repository, 'checkout', '--quiet', '-b', 'other');
    await writeFile(join(repository, 'index.mjs'), '// other');
    git(repository, 'commit', '--quiet', '-am', 'Change');
    git(repository, 'checkout', '--quiet', 'main');
    git(root, 'clone', '--quiet', '--bare', repository, 'bare.git');
    for (const [from, text] of [
      [`file://${repository}`, '// main'],
      [`file://${repository}#other`, '// other'],
      [`${repository}#other`, '// other'],
      [join(root, 'bare.git'), '// main'],
      ['./bare.git', '// main'],
      ['repository', '// main'],
      ['./repository#other', '// other'],
    ] as const) {
      await scaffold(request(root, { from, directory: join(root, 'made') }));
      assert.equal(await readFile(join(root, 'made/index.mjs'), 'utf8'), text, from);
      assert.ok(!(await readdir(join(root, 'made'))).includes('.git'));
      await rm(join(root, 'made'), { recursive: true });
    }
  });

  test('that git cannot clone is reported with the message of git', async (t) => {
    const root = await temporaryFolder(t);
    await assert.rejects(
      scaffold(request(root, { from: `file://${root}/nowhere` })),
      fails('LAM_SCAFFOLD_GIT_FAILED', /nowhere.*does not (?:exist|appear)/),
    );
    assert.deepEqual(await readdir(root), []);
  });

  test('in a git repository is refused without git', async (t) => {
    const root = await temporaryFolder(t);
    const before = process.env['PATH'];
    process.env['PATH'] = root;
    try {
      await assert.rejects(
        scaffold(request(root, { from: `file://${root}/x.git` })),
        fails('LAM_SCAFFOLD_GIT_MISSING', /git is needed/),
      );
    } finally {
      process.env['PATH'] = before;
    }
  });

  for (const from of [
    '--upload-pack=touch x',
    '-u x.git',
    'ext::sh -c touch% x',
    'file://x#--upload-pack=y',
    'ssh://-oProxyCommand=x/y.git',
    'nowhere',
    '',
  ]) {
    test(`is never taken from ${JSON.stringify(from)}`, async (t) => {
      const root = await temporaryFolder(t);
      await assert.rejects(
        scaffold(request(root, { from })),
        fails('LAM_SCAFFOLD_SOURCE_INVALID', /neither a folder nor the address/),
      );
    });
  }
});

describe('the templates of lam', async () => {
  const templates = await listTemplates(TEMPLATES);

  test('are the documented ones, each with a description', () => {
    assert.deepEqual(
      templates.map(({ runtime, template }) => `${runtime}/${template}`),
      [
        'bash/hello',
        'bun/hello',
        'crystal/hello',
        'deno/hello',
        'dotnet/hello',
        'go/hello',
        'go/http-api',
        'image/hello',
        'java/hello',
        'java/http-api',
        'kotlin/hello',
        'nodejs/hello',
        'nodejs/http-api',
        'nodejs/queue',
        'nodejs/schedule',
        'nodejs/typescript',
        'nodejs/typescript-http-api',
        'nodejs/webhook',
        'php/hello',
        'provided/shell',
        'python3/hello',
        'python3/http-api',
        'python3/queue',
        'python3/schedule',
        'python3/webhook',
        'ruby/hello',
        'ruby/http-api',
        'rust/hello',
        'rust/http-api',
        'scala/hello',
        'stdio/hello',
        'stdio-image/hello',
        'wasm/hello',
      ],
    );
    for (const { template, description } of templates) assert.match(description, /^A.*\.$|^An.*\.$/, template);
  });

  for (const { runtime, template } of templates) {
    test(`${runtime}/${template} makes a valid project with an example event`, async (t) => {
      const root = await temporaryFolder(t);
      await scaffold(request(root, { name: 'my-function', runtime, template }));
      const directory = join(root, 'hello');
      const project = await loadProject(directory);
      assert.equal(project.functions[0]?.name, 'my-function');
      JSON.parse(await readFile(join(directory, 'events/example.json'), 'utf8'));
      for (const file of ['README.md', '.lamignore', '.gitignore'])
        assert.ok((await stat(join(directory, file))).isFile(), file);
      for (const file of await readdir(directory, { recursive: true, withFileTypes: true })) {
        if (file.isFile())
          assert.ok(!(await readFile(join(file.parentPath, file.name), 'utf8')).includes('{{'), file.name);
      }
    });
  }
});
