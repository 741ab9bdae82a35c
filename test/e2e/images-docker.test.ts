import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { FunctionDetail, PublishAnswer } from '../../src/contract/index.ts';
import { keptImagesOf } from './machine.ts';
import { ImageContext, imageId, removeImage } from './image-context.ts';
import { http, lamSession, NO_DOCKER, type LamSession } from './session.ts';

const SHELL = '/bin/sh';
const skip = NO_DOCKER !== false ? NO_DOCKER : existsSync('/usr/bin/ldd') ? false : 'there is no ldd';

/** Says which image it is in, and what it read; knows nothing of Lambda. */
const reader = (name: string): string => `#!${SHELL}
read -r event
echo "reading in ${name}" >&2
printf '{"image":"${name}","event":%s,"at":"%s","id":"%s","first":"%s"}' "$event" "$PWD" "$LAM_REQUEST_ID" "$1"
`;

/** Writes the tar of an image for another architecture, as `docker save` would. */
async function foreignTar(folder: string, file: string): Promise<void> {
  const layer = Buffer.alloc(1024);
  const digest = createHash('sha256').update(layer).digest('hex');
  const config = {
    architecture: 's390x',
    os: 'linux',
    config: { Cmd: ['/run'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
  };
  const manifest = [{ Config: 'config.json', RepoTags: null, Layers: ['layer.tar'] }];
  const parts = join(folder, 'foreign');
  await mkdir(parts, { recursive: true });
  await writeFile(join(parts, 'layer.tar'), layer);
  await writeFile(join(parts, 'config.json'), JSON.stringify(config));
  await writeFile(join(parts, 'manifest.json'), JSON.stringify(manifest));
  execFileSync('tar', ['-cf', file, '-C', parts, 'layer.tar', 'config.json', 'manifest.json']);
}

describe('container images as functions', { skip, concurrency: false }, () => {
  let s: LamSession;
  const tag = `lam-test-${randomBytes(6).toString('hex')}`;
  const tags = ['one', 'moving', 'empty', 'saved'].map((name) => `${tag}:${name}`);
  const [one = '', moving = '', empty = '', saved = ''] = tags;
  const context = (name: string): ImageContext => new ImageContext(join(s.root, name)).programs(SHELL);
  const yaml = (name: string, ...lines: readonly string[]): { cwd: string } => ({
    cwd: s.files(name, { 'lam.yaml': `${[`name: ${name}`, ...lines].join('\n')}\n` }),
  });
  const asked = (name: string): Promise<Record<string, unknown>> =>
    s.ok(['invoke', name, '-d', '{"n":1}']).then(({ stdout }) => JSON.parse(stdout) as Record<string, unknown>);

  before(async () => {
    s = await lamSession({ driver: 'docker' });
    context('one').file('/app/run', reader('one')).dockerfile('WORKDIR /app', 'CMD ["./run", "argument"]').build(one);
    context('empty').dockerfile().build(empty);
  });
  after(async () => {
    await s.dispose();
    for (const name of tags) removeImage(name);
  });

  test('a program that reads stdin runs from an image of the engine, once per invocation', async () => {
    const where = yaml('reader', 'runtime: stdio-image', `image: ${one}`);
    const deployed = await s.ok(['deploy'], where);
    assert.match(deployed.stdout, /^reader v1 live in /);
    assert.doesNotMatch(deployed.stderr, /docker (version|image|tag)/, 'what lam asks the engine is no step');
    const { id, ...answer } = await asked('reader');
    assert.deepEqual(answer, { image: 'one', event: { n: 1 }, at: '/app', first: 'argument' });
    assert.match(String(id), /^[0-9a-f-]{36}$/);
    assert.match((await s.ok(['logs', 'reader', '--output', 'raw'])).stdout, /reading in one\n/);
    assert.equal((await s.ok(['deploy'], where)).stdout, 'reader: no change (v1)\n');
    const overHttp = await http(`${s.url}/reader`, { method: 'POST', body: 'x' });
    assert.equal(overHttp.status, 200);
    assert.equal((JSON.parse(overHttp.body.toString()) as { image: string }).image, 'one');
    const detail = await s.json<FunctionDetail>(['describe', 'reader']);
    assert.equal(detail.config.image, one);
  });

  test('lam.yaml overrides entry point, command and folder', async () => {
    const lines = ['runtime: stdio-image', `image: ${one}`, 'imageConfig:'];
    const where = yaml('over', ...lines, '  entryPoint: [/app/run, mine]', '  workingDirectory: /tmp');
    await s.ok(['deploy'], where);
    const answer = await asked('over');
    assert.deepEqual([answer['first'], answer['at']], ['mine', '/tmp']);
    yaml('over', ...lines, '  command: [./run, other]');
    await s.ok(['deploy'], where);
    assert.equal((await asked('over'))['first'], 'other');
  });

  test('a version keeps its image when the name moves, through a rollback; gc removes what no version needs', async () => {
    const first = context('first').file('/run', reader('first')).dockerfile('ENTRYPOINT ["/run"]').build(moving);
    const where = yaml('moves', 'runtime: stdio-image', `image: ${moving}`);
    await s.ok(['deploy'], where);
    context('second').file('/run', reader('second')).dockerfile('ENTRYPOINT ["/run"]').build(moving);
    assert.equal((await asked('moves'))['image'], 'first');
    const second = await s.json<{ functions: PublishAnswer[] }>(['deploy'], where);
    assert.equal(second.functions[0]?.version, 2);
    assert.equal((await asked('moves'))['image'], 'second');
    removeImage(moving);
    // Everything without a name goes, but lam's own names hold the images of versions.
    execFileSync('docker', ['image', 'prune', '--force', '--filter', 'until=1s'], { stdio: 'ignore' });
    await s.ok(['rollback', 'moves']);
    assert.equal((await asked('moves'))['image'], 'first');
    const before = (await keptImagesOf(s)).length;
    await s.ok(['rollback', 'moves', 'v2']);
    assert.equal((await asked('moves'))['image'], 'second');
    await s.ok(['delete', 'moves', '-y']);
    await s.ok(['gc', '--yes']);
    assert.equal((await keptImagesOf(s)).length, before - 2);
    assert.equal(imageId(first), undefined);
    assert.equal((await asked('reader'))['image'], 'one');
  });

  test('a tar of docker save is loaded, and leaves no name of its own behind', async () => {
    context('saved').file('/run', reader('saved')).dockerfile('ENTRYPOINT ["/run"]').build(saved);
    const where = yaml('packed', 'runtime: stdio-image', 'image: ./image.tar');
    execFileSync('docker', ['save', '--output', join(where.cwd, 'image.tar'), saved]);
    removeImage(saved);
    await s.ok(['deploy'], where);
    assert.equal((await asked('packed'))['image'], 'saved');
    assert.equal(imageId(saved), undefined);
  });

  test('a Dockerfile is built, with what it prints on failure', async () => {
    const made = context('w/built').file('/run', reader('built')).dockerfile('ENTRYPOINT ["/run"]');
    const where = yaml('built', 'runtime: stdio-image', 'build: {dockerfile: Dockerfile}');
    await s.ok(['deploy'], where);
    assert.equal((await asked('built'))['image'], 'built');
    made.dockerfile('COPY not-there /');
    const error = await s.refused(['deploy'], 'LAM_BUILD_FAILED', 8, where);
    assert.match(error.message, /not-there/);
  });

  test('what cannot run is refused at deploy, naming both sides', async () => {
    const refused = async (lines: readonly string[], code: string, exit: number, text: RegExp): Promise<void> => {
      const where = yaml('bad', ...lines);
      writeFileSync(join(where.cwd, 'image.tar'), Buffer.alloc(10_240));
      writeFileSync(join(where.cwd, 'text.tar'), 'not a tar, but longer than a block of one. '.repeat(40));
      const { message } = await s.refused(['deploy'], code, exit, where);
      assert.match(message, text);
    };
    await refused(['runtime: image'], 'LAM_BUILD_IMAGE_UNNAMED', 2, /lam\.yaml names none/);
    await refused(
      ['runtime: image', `image: ${one}`, 'build: {dockerfile: Dockerfile}'],
      'LAM_BUILD_IMAGE_UNNAMED',
      2,
      /an image and a Dockerfile/,
    );
    await refused(['runtime: image', `image: ${empty}`], 'LAM_BUILD_IMAGE_NO_ENTRY', 8, /neither an entry point nor/);
    await refused(['runtime: image', 'image: ./image.tar'], 'LAM_BUILD_IMAGE_TAR', 8, /no manifest\.json/);
    await refused(['runtime: image', 'image: ./text.tar'], 'LAM_BUILD_IMAGE_TAR', 8, /it is not a tar/);
    await refused(['runtime: image', 'image: ./none.tar'], 'LAM_BUILD_IMAGE_TAR', 8, /there is no such file/);
    await refused(['runtime: image', `image: ${tag}:none`], 'LAM_BUILD_IMAGE_MISSING', 7, /is not present and cannot/);
    await foreignTar(s.root, join(s.cwd, 'bad', 'foreign.tar'));
    await refused(
      ['runtime: image', 'image: ./foreign.tar'],
      'LAM_BUILD_IMAGE_ARCHITECTURE',
      8,
      /is built for s390x, and the Docker engine runs (?:amd64|arm64)/,
    );
  });

  test('an entry point that is not in the image fails the check of its deploy', async () => {
    for (const runtime of ['image', 'stdio-image']) {
      const where = yaml(
        'lost',
        `runtime: ${runtime}`,
        `image: ${one}`,
        'imageConfig: {entryPoint: [/no/such/program]}',
      );
      const { message } = await s.refused(['deploy'], 'LAM_OPERATIONS_CHECK_FAILED', 8, where);
      assert.match(message, /\/no\/such\/program/);
    }
  });

  test('a version whose image was removed by hand says so', async () => {
    const made = context('gone').file('/run', reader('gone')).dockerfile('ENTRYPOINT ["/run"]').build(moving);
    const where = yaml('gone', 'runtime: stdio-image', `image: ${moving}`);
    await s.ok(['deploy', '--no-verify'], where);
    removeImage(made);
    const { message } = await s.refused(['invoke', 'gone'], 'LAM_DRIVER_IMAGE_GONE', 1);
    assert.match(message, new RegExp(`'gone', '${moving}' with the id ${made}, is no longer in the Docker engine`));
  });

  test('without an engine, and with the process driver, it is refused by name', async () => {
    const where = yaml('none', 'runtime: image', `image: ${one}`);
    const gone = await s.refused(['deploy'], 'LAM_BUILD_NO_ENGINE', 7, {
      ...where,
      env: { DOCKER_HOST: 'unix:///no/such/socket' },
    });
    assert.match(gone.message, /no Docker engine answers/);
    await using processes = await lamSession({ driver: 'process' });
    const place = processes.files('none', { 'lam.yaml': `name: none\nruntime: stdio-image\nimage: ${one}\n` });
    const { message } = await processes.refused(['deploy'], 'LAM_DRIVER_NEEDS_DOCKER', 7, { cwd: place });
    assert.match(message, /runtime 'stdio-image' runs container images/);
  });
});
