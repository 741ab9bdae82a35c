import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { FunctionDetail } from '../../src/contract/index.ts';
import { NO_REGISTRY, ociRegistry, type OciRegistry } from '../support/oci-registry.ts';
import { eventually, lamSession, type LamSession } from './session.ts';

interface Pushed {
  readonly reference: string;
  readonly digest: string;
  readonly artifact: string;
  readonly sent: number;
  readonly size: number;
}
interface DeployedAnswer {
  readonly functions: readonly {
    readonly name: string;
    readonly version: number;
    readonly from: string;
    readonly missingVariables: readonly string[];
  }[];
}

const SECRET = 'cf53a8-not-for-others';
const GREETER = `export const handler = async (event) => ({ hello: event.name, level: process.env.LEVEL ?? null });\n`;

describe('functions in an OCI registry', { skip: NO_REGISTRY }, () => {
  let s: LamSession;
  let registry: OciRegistry;
  let project: string;
  const at = (rest: string): string => `${registry.host}/${rest}`;
  const answer = async (name: string): Promise<unknown> =>
    JSON.parse((await s.ok(['invoke', name, '-d', '{"name":"Ada"}'])).stdout);
  const digestOf = ({ allVersions, live }: FunctionDetail): string =>
    allVersions.find(({ version }) => version === live)?.artifact ?? '';

  before(async () => {
    [registry, s] = await Promise.all([ociRegistry(), lamSession({ driver: 'process' })]);
    project = s.files('greeter', {
      'lam.yaml': `# greets\nname: greeter\nruntime: nodejs\nhandler: index.handler\ndescription: Greets whoever comes.\nmemory: 192\ntimeout: 7\nenvironment:\n  LEVEL: ${SECRET}\nroutes:\n  - GET /greet/{name}\n`,
      'index.mjs': GREETER,
      'lib/words.txt': 'hello\n',
      '.env': `LEVEL=${SECRET}\n`,
    });
    await s.ok(['deploy'], { cwd: project });
  });
  after(async () => {
    await s.dispose();
    await registry[Symbol.asyncDispose]();
  });

  test('come back by digest as they were: code, settings, answer; values of variables stay behind', async () => {
    const before = await s.json<FunctionDetail>(['describe', 'greeter']);
    const pushed = await s.json<Pushed>(['push', 'greeter', at('team/greeter:1.0'), '--template', project]);
    assert.equal(pushed.artifact, digestOf(before));
    assert.match(pushed.digest, /^sha256:[0-9a-f]{64}$/);
    assert.ok(
      registry.contents().every((text) => !text.includes(SECRET)),
      'the value of a variable left',
    );
    assert.ok(
      registry.contents().some((text) => text.includes('LEVEL')),
      'its name did not',
    );

    await s.ok(['delete', 'greeter', '--yes']);
    const { functions } = await s.json<DeployedAnswer>([
      'deploy',
      at(`team/greeter@${pushed.digest}`),
      '--env',
      'LEVEL=high',
    ]);
    assert.deepEqual(functions[0]?.missingVariables, []);
    assert.deepEqual(await answer('greeter'), { hello: 'Ada', level: 'high' });
    const detail = await s.json<FunctionDetail>(['describe', 'greeter']);
    assert.equal(digestOf(detail), pushed.artifact);
    const { memoryMiB, timeoutMs, description } = detail.config;
    assert.deepEqual(
      { memoryMiB, timeoutMs, description },
      { memoryMiB: 192, timeoutMs: 7000, description: 'Greets whoever comes.' },
    );
    assert.deepEqual(detail.routes, before.routes);
    assert.match(detail.history[0]?.message ?? '', new RegExp(`^from .*@${pushed.digest}$`));
  });

  test('keep the values that variables have here, and name those without any', async () => {
    await s.ok(['deploy'], { cwd: project });
    const { digest } = await s.json<Pushed>(['push', 'greeter', at('team/kept:1')]);
    await s.ok(['deploy', at(`team/kept@${digest}`)]);
    assert.deepEqual(await answer('greeter'), { hello: 'Ada', level: SECRET });
    await s.refused(['pull', at('team/kept:1'), '--as', 'fresh'], 'LAM_REGISTRY_ROUTE_CONFLICT', 1);
    await s.deployNode('plain', GREETER);
    await s.ok(['env', 'set', 'plain', 'LEVEL=1']);
    await s.ok(['push', 'plain', at('team/plain')]);
    const fresh = await s.ok(['pull', at('team/plain'), '--as', 'fresh']);
    assert.match(fresh.stderr, /to set: lam env set fresh LEVEL=VALUE/);
    assert.deepEqual(await answer('fresh'), { hello: 'Ada', level: null });
  });

  test('are sent once, give the same digest again, and a tag says which digest it meant', async () => {
    const first = await s.json<Pushed>(['push', 'greeter', at('team/again:a')]);
    const second = await s.json<Pushed>(['push', 'greeter', at('team/again:b')]);
    assert.equal(second.digest, first.digest);
    assert.equal(second.sent, 0);
    const shown = await s.ok(['push', 'greeter', at('team/again:a')]);
    assert.match(shown.stdout, new RegExp(`the registry had it\n  lam deploy ${at('team/again')}@${first.digest}`));
    const deployed = await s.ok(['deploy', at('team/again:b')]);
    assert.match(deployed.stderr, new RegExp(`found ${at('team/again:b')}@${first.digest}`));
  });

  test('become a folder: the template, or the code with a lam.yaml that deploys the same', async () => {
    await s.ok(['push', 'greeter', at('team/source'), '--template', project]);
    const template = await s.json<{ directory: string; isTemplate: boolean }>([
      'pull',
      at('team/source'),
      '--to',
      'template',
    ]);
    assert.equal(template.isTemplate, true);
    assert.equal(readFileSync(join(template.directory, 'index.mjs'), 'utf8'), GREETER);
    const yaml = readFileSync(join(template.directory, 'lam.yaml'), 'utf8');
    assert.match(yaml, /^# greets\nname: greeter/);
    assert.match(yaml, /LEVEL: ""/);
    assert.equal(existsSync(join(template.directory, '.env')), false);

    const code = await s.json<{ directory: string; isTemplate: boolean }>(['pull', at('team/again:a'), '--to', 'code']);
    assert.equal(code.isTemplate, false);
    assert.equal(readFileSync(join(code.directory, 'lib/words.txt'), 'utf8'), 'hello\n');
    const made = readFileSync(join(code.directory, 'lam.yaml'), 'utf8');
    assert.match(made, /^name: greeter\nruntime: nodejs\n/);
    await s.ok(['deploy', '--env', `LEVEL=${SECRET}`], { cwd: code.directory });
    const { live, allVersions } = await s.json<FunctionDetail>(['describe', 'greeter']);
    const [now, before] = [live, live - 1].map((number) => allVersions.find(({ version }) => version === number));
    assert.equal(now?.artifact, before?.artifact);
    const { handler, memoryMiB, timeoutMs, description, triggers } = now?.config ?? assert.fail();
    assert.partialDeepStrictEqual(before?.config, { handler, memoryMiB, timeoutMs, description, triggers });
    await s.ok(['rollback', 'greeter']);
  });

  test('that are layered come with their layers', async () => {
    const layered = s.files('layered', {
      'lam.yaml': 'name: layered\nruntime: nodejs\nlayers: ["./words"]\n',
      'index.mjs':
        "import { readFileSync } from 'node:fs';\nexport const handler = async () => readFileSync('/opt/word', 'utf8');\n",
      'words/word': 'layer\n',
    });
    await s.ok(['deploy', '--no-verify'], { cwd: layered });
    const before = await s.json<FunctionDetail>(['describe', 'layered']);
    const { digest } = await s.json<Pushed>(['push', 'layered', at('team/layered')]);
    await s.ok(['delete', 'layered', '--yes']);
    await s.ok(['deploy', at(`team/layered@${digest}`), '--no-verify']);
    assert.deepEqual((await s.json<FunctionDetail>(['describe', 'layered'])).config.layers, before.config.layers);
    const { directory } = await s.json<{ directory: string }>(['pull', at('team/layered'), '--to', 'layered-again']);
    assert.equal(readFileSync(join(directory, 'layers/word'), 'utf8'), 'layer\n');
    assert.match(readFileSync(join(directory, 'lam.yaml'), 'utf8'), /layers:\n {2}- \.\/layers/);
  });

  test('are refused where a blob was altered, and nothing changes', async () => {
    const before = await s.json<FunctionDetail>(['describe', 'greeter']);
    const pushed = await s.json<Pushed>(['push', 'greeter', at('bad/blob:1')]);
    const { layers } = JSON.parse(readFileSync(registry.blobFile(pushed.digest), 'utf8')) as {
      layers: { digest: string }[];
    };
    const file = registry.blobFile(layers[0]?.digest ?? '');
    const altered = readFileSync(file);
    altered[40] = (altered[40] ?? 0) ^ 1;
    writeFileSync(file, altered);
    await s.refused(['deploy', at(`bad/blob@${pushed.digest}`)], 'LAM_OCI_DIGEST_MISMATCH', 1);
    await s.refused(['pull', at('bad/blob:1'), '--to', 'altered'], 'LAM_OCI_DIGEST_MISMATCH', 1);
    assert.equal(existsSync(join(s.cwd, 'altered')), false);
    const { live, versions } = await s.json<FunctionDetail>(['describe', 'greeter']);
    assert.deepEqual([live, versions], [before.live, before.versions]);
    // The registry believes that it has the blob, so that the tests below would not send it again.
    altered[40] = (altered[40] ?? 0) ^ 1;
    writeFileSync(file, altered);
  });

  test('are not pushed, pulled or deployed by mistake', async () => {
    const tag = await s.refused(['deploy', at('team/greeter:2')], 'LAM_OCI_NOT_FOUND', 4);
    assert.match(tag.hint ?? '', /use one of its tags: 1\.0/);
    await s.refused(['push', 'greeter@v99', at('team/greeter')], 'LAM_REGISTRY_VERSION_NOT_FOUND', 4);
    const bad = await s.refused(['push', 'greeter', 'Team/Greeter'], 'LAM_OCI_BAD_REFERENCE', 2);
    assert.match(bad.hint ?? '', /localhost:5000\/team\/greeter:latest/);
    await s.refused(['deploy', 'greeter', at('team/greeter')], 'LAM_CLI_USAGE', 2);
    await s.refused(['pull', '127.0.0.1:1/team/greeter'], 'LAM_OCI_UNREACHABLE', 3);
    await s.refused(['pull', at('team/greeter:1.0')], 'LAM_OCI_FOLDER_EXISTS', 1);
  });

  test('are found in the catalogue and in an index', async () => {
    await s.ok(['push', 'greeter', at('shelf/greeter:v9')]);
    await s.ok(['push', 'greeter', at('shelf/greeter:v10')]);
    const found = await s.json<{ name: string; reference: string; tags: string[] }[]>([
      'search',
      'shelf',
      '--registry',
      registry.host,
    ]);
    assert.deepEqual(
      found.map(({ reference }) => reference),
      [at('shelf/greeter:v10')],
    );
    const table = await s.ok(['search', 'whoever', '--registry', registry.host]);
    assert.match(
      table.stdout,
      /FUNCTION +RUNTIME +REFERENCE +DESCRIPTION\n[^]*greeter +nodejs +\S+ +Greets whoever comes\./,
    );
    assert.doesNotMatch(table.stdout, /other\/image/);
    const none = await s.ok(['search', 'zebra', '--registry', registry.host]);
    assert.equal(none.stdout, '');
    assert.match(none.stderr, /no functions there match 'zebra'/);

    const index = join(
      s.files('index', {
        'functions.json': JSON.stringify({
          schema: 1,
          functions: [{ name: 'resize', reference: 'registry.example.com/img/resize:1', keywords: ['thumbnail'] }],
        }),
        'broken.json': JSON.stringify({ schema: 1, functions: [{ name: 'x', reference: 'nowhere' }] }),
      }),
      'functions.json',
    );
    const ofIndex = await s.json<{ name: string }[]>(['search', 'THUMB'], { env: { LAM_INDEX: index } });
    assert.deepEqual(
      ofIndex.map(({ name }) => name),
      ['resize'],
    );
    const broken = await s.refused(['search', '--index', 'index/broken.json'], 'LAM_OCI_INDEX', 1);
    assert.match(broken.message, /functions\[0\] has the reference 'nowhere', which is none/);
    await s.refused(['search'], 'LAM_CLI_USAGE', 2, { env: { LAM_INDEX: '' } });
  });

  test('are deployed from whom a key vouches for, and from nobody else', async () => {
    const keys = s.files('keys', { 'README.txt': 'keys' });
    const pair = (name: string): { readonly key: string; readonly pub: string } => {
      const [key, pub] = [join(keys, `${name}.pem`), join(keys, `${name}.pub`)];
      execFileSync('openssl', ['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', key]);
      execFileSync('openssl', ['ec', '-in', key, '-pubout', '-out', pub], { stdio: 'ignore' });
      return { key, pub };
    };
    const [ours, theirs] = [pair('ours'), pair('theirs')];
    await s.ok(['push', 'greeter', at('signed/greeter:no')]);
    await s.refused(['deploy', at('signed/greeter:no'), '--signed-by', ours.pub], 'LAM_OCI_UNSIGNED', 1);
    const { digest } = await s.json<Pushed>(['push', 'greeter', at('signed/greeter:1'), '--sign', theirs.key]);
    await s.refused(['deploy', at('signed/greeter:1'), '--signed-by', ours.pub], 'LAM_OCI_SIGNATURE_INVALID', 1);
    for (let twice = 0; twice < 2; twice += 1)
      await s.ok(['push', 'greeter', at('signed/greeter:1'), '--sign', ours.key]);
    const tag = `sha256-${digest.slice(7)}.sig`;
    const answered = await fetch(`http://${registry.host}/v2/signed/greeter/manifests/${tag}`, {
      headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
    });
    assert.equal(((await answered.json()) as { layers: unknown[] }).layers.length, 2, 'one signature for each key');
    for (const { pub } of [ours, theirs]) await s.ok(['deploy', at('signed/greeter:1'), '--signed-by', pub]);
    await s.refused(['deploy', at('signed/greeter:1'), '--signed-by', ours.key], 'LAM_OCI_KEY_INVALID', 2);
    await s.refused(
      ['push', 'greeter', at('signed/greeter:1'), '--sign', join(keys, 'none.txt')],
      'LAM_OCI_KEY_INVALID',
      2,
    );
  });

  for (const name of ['share', 'sign'])
    test(`do what docs/registry.md says: ${name}`, async () => {
      const lines = docExample(name).trim().split('\n');
      assert.ok(lines.length > 3);
      if (name === 'share') await s.ok(['init', 'hello', '--runtime', 'nodejs']);
      if (name === 'share') await s.ok(['deploy'], { cwd: join(s.cwd, 'hello') });
      for (const line of lines) {
        const [program = '', ...words] = line.match(/'[^']*'|\S+/g) ?? [];
        const args = words.map((word) => word.replaceAll("'", '').replaceAll('localhost:5000', registry.host));
        if (program === 'lam') await s.ok(args);
        else execFileSync(program, args, { cwd: s.cwd, stdio: 'ignore' });
      }
    });

  test('are found in the index that docs/registry.md shows', async () => {
    const place = s.files('shown', { 'index.json': docExample('index') });
    const found = await s.json<unknown[]>(['search', 'resize', '--index', join(place, 'index.json')]);
    assert.equal(found.length, 1);
  });

  test('leave nothing half-made when the registry or the command is killed', async () => {
    const big = s.files('big', {
      'lam.yaml': 'name: big\nruntime: nodejs\n',
      'index.mjs': 'export const handler = async () => 1;\n',
    });
    writeFileSync(join(big, 'data.bin'), Buffer.alloc(24 * 1024 * 1024, 'x'));
    await s.ok(['deploy'], { cwd: big });
    await s.ok(['push', 'big', at('team/big:1')]);
    const pulling = s.start(['pull', at('team/big:1'), '--to', 'pulled-big']);
    const drafts = join(s.home, 'cache/build');
    const isUnderWay = (): boolean =>
      existsSync(drafts) && readdirSync(drafts, { recursive: true }).some((name) => String(name).endsWith('code.zip'));
    assert.ok(await eventually(isUnderWay));
    pulling.kill('SIGKILL');
    await new Promise((resolve) => pulling.once('close', resolve));
    assert.equal(existsSync(join(s.cwd, 'pulled-big')), false);
    await s.ok(['pull', at('team/big:1'), '--to', 'pulled-big']);
    assert.equal(isUnderWay(), false, 'what the killed command left is gone');
    assert.equal(readFileSync(join(s.cwd, 'pulled-big/data.bin')).length, 24 * 1024 * 1024);
  });
});

/** The code of an example in docs/registry.md. */
function docExample(name: string): string {
  const page = readFileSync(new URL('../../docs/registry.md', import.meta.url), 'utf8');
  const found = new RegExp(`<!-- example: ${name} -->\n\n\`\`\`\\w+\n([^]*?)\`\`\``).exec(page)?.[1];
  assert.ok(found !== undefined, `there is no example '${name}'`);
  return found;
}
