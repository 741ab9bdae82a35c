import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { digestOf } from '../../../../src/contract/index.ts';
import { isLamError } from '../../../../src/errors/index.ts';
import { LayerBudget, readLayer, verifyLayer } from '../../../../src/store/images/layer.ts';
import { StagedWriter } from '../../../../src/store/intake/staged-writer.ts';
import { systemClock } from '../../../../src/kit/index.ts';
import { openStore, receiveImages, storeImage, verifyImages, type Store } from '../../../../src/store/index.ts';
import { ociFiles, savedFiles, tarOf, type ImageParts, type TarFile } from '../../../support/image-tars.ts';

const EXTRA = { path: '.lam/image.json', text: '{}' };

describe('uploaded container images', { concurrency: false }, () => {
  const home = mkdtempSync(join(tmpdir(), 'lam-images-'));
  let store: Store;
  before(async () => {
    store = await openStore(home, { clock: systemClock });
  });
  after(async () => {
    await store.close();
    rmSync(home, { recursive: true, force: true });
  });

  async function* cut(bytes: Uint8Array, size = 5000): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }

  /** Stores the only image of a tar, after a check as with Docker; returns its tree. */
  const stored = async (tar: Uint8Array): Promise<string> => {
    const answer = await receiveImages(store.paths, cut(tar), async (upload) => {
      await verifyImages(upload);
      const [image] = upload.images;
      assert.ok(image !== undefined && upload.images.length === 1);
      return storeImage(store.artifacts, upload.file, image, EXTRA);
    });
    return store.artifacts.ensure(answer.artifact);
  };
  const treeOf = async (parts: ImageParts): Promise<string> => stored(await tarOf(await savedFiles(parts)));
  /** Paths of a tree, with the content of files and the target of links. */
  const filesOf = async (tree: string, below = ''): Promise<Record<string, string>> => {
    const found: Record<string, string> = {};
    for (const entry of await readdir(join(tree, below), { withFileTypes: true })) {
      const path = join(below, entry.name);
      if (entry.isDirectory()) Object.assign(found, await filesOf(tree, path));
      else if (path !== EXTRA.path)
        found[path] = entry.isSymbolicLink()
          ? `-> ${await readlink(join(tree, path))}`
          : await readFile(join(tree, path), 'utf8');
    }
    return found;
  };
  /** What an upload is refused with. Nothing of it may be left. */
  const refused = async (tar: Uint8Array | Promise<Uint8Array>, code: string, message: RegExp): Promise<void> => {
    const before = await contents();
    await assert.rejects(stored(await tar), (error) => {
      assert.ok(isLamError(error), String(error));
      assert.deepEqual([error.code, message.test(error.message)], [code, true], error.message);
      assert.ok(error.hint !== '');
      return true;
    });
    assert.deepEqual(await contents(), before);
  };
  const contents = async (): Promise<unknown> => [
    await readdir(store.paths.tmp),
    await readdir(store.paths.staging),
    [...store.artifacts.digests].toSorted(),
    (await readdir(store.paths.objects, { recursive: true })).toSorted(),
  ];

  const SIMPLE: ImageParts = {
    names: ['simple:latest'],
    layers: [
      [
        { name: 'app/', type: 'directory' },
        { name: 'app/run', content: 'run', mode: 0o755 },
      ],
      [{ name: 'etc/x', content: 'x' }],
    ],
    config: { Cmd: ['/app/run'], WorkingDir: '/app', Env: ['A=1', 'B=x=y', 'C'] },
  };

  test('are read as docker save wrote them, and as OCI layouts, packed or not', async () => {
    const packings = [undefined, (layer: Buffer) => gzipSync(layer), (layer: Buffer) => zstdCompressSync(layer)];
    for (const packed of packings) {
      const parts = packed === undefined ? SIMPLE : { ...SIMPLE, packed };
      for (const files of [await savedFiles(parts), await ociFiles(parts), await ociFiles(parts, true)]) {
        for (const whole of [(tar: Buffer) => tar, (tar: Buffer) => gzipSync(tar)]) {
          const tar = whole(await tarOf(files));
          const [image] = await receiveImages(store.paths, cut(tar), (upload) => Promise.resolve(upload.images));
          const { id, ...rest } = image ?? assert.fail();
          assert.match(id, /^sha256:[0-9a-f]{64}$/);
          assert.deepEqual([rest.names, rest.architecture, rest.layers.length], [['simple:latest'], 'amd64', 2]);
          assert.deepEqual(rest.program, {
            entryPoint: [],
            command: ['/app/run'],
            workingDirectory: '/app',
            environment: { A: '1', B: 'x=y', C: '' },
          });
          assert.deepEqual(await filesOf(await stored(tar)), { 'app/run': 'run', 'etc/x': 'x' });
        }
      }
    }
  });

  test('of one image for several machines, the one for this machine is taken', async () => {
    const parts = (text: string): ImageParts => ({ names: ['many:1'], layers: [[{ name: 'for', content: text }]] });
    const own = process.arch === 'x64' ? 'amd64' : process.arch;
    const made = await Promise.all(
      ['s390x', own, 'mips'].map(async (architecture) => ({
        architecture,
        files: await ociFiles(parts(architecture)),
      })),
    );
    const manifests = made.flatMap(({ architecture, files }) => {
      const index = files.find(({ name }) => name === 'index.json')?.content;
      const list = JSON.parse(String(index)) as { manifests: object[] };
      return list.manifests.map((one) => ({ ...one, platform: { os: 'linux', architecture } }));
    });
    const blobs = new Map(made.flatMap(({ files }) => files.map((file) => [file.name, file])));
    blobs.set('index.json', { name: 'index.json', content: JSON.stringify({ manifests }) });
    assert.deepEqual(await filesOf(await stored(await tarOf([...blobs.values()]))), { for: own });
  });

  test('have their modes, and no others', async () => {
    const tree = await treeOf(SIMPLE);
    const entries = await readdir(join(tree, 'app'), { withFileTypes: true });
    assert.deepEqual(
      entries.map(({ name }) => name),
      ['run'],
    );
    assert.equal(statSync(join(tree, 'app/run')).mode & 0o7777, 0o555);
    const suid = await treeOf({ layers: [[{ name: 'su', content: 's', mode: 0o4755 }]] });
    assert.equal(statSync(join(suid, 'su')).mode & 0o7777, 0o555);
  });

  test('a later layer replaces, removes and empties what earlier ones have', async () => {
    const below: TarFile[] = [
      ...['a/1', 'a/2', 'b/1', 'c', 'd/e/f', 'lib/x', 'keep'].map((name) => ({ name, content: `old ${name}` })),
      { name: 'link', type: 'symlink', linkname: 'a' },
    ];
    const above: TarFile[] = [
      { name: 'a/.wh.1' },
      // Only what is below it is removed, in whatever order.
      { name: 'b/2', content: 'new' },
      { name: 'b/.wh..wh..opq' },
      { name: 'c/', type: 'directory' },
      { name: 'c/now', content: 'a folder' },
      { name: 'd', content: 'a file' },
      { name: '.wh.lib' },
      { name: 'lib/y', content: 'y' },
      { name: '.wh..wh.plnk', content: '' },
      { name: '.wh.nothing' },
      { name: 'link/own', content: 'in a folder of its own' },
    ];
    assert.deepEqual(await filesOf(await treeOf({ layers: [below, above] })), {
      'a/2': 'old a/2',
      'b/2': 'new',
      'c/now': 'a folder',
      d: 'a file',
      'lib/y': 'y',
      'link/own': 'in a folder of its own',
      keep: 'old keep',
    });
  });

  test('links stay inside, absolute ones mean the image, and those that lead out are left out', async () => {
    const links: Record<string, string> = {
      'usr/bin/one': '/opt/one',
      'usr/two': '../opt/one',
      top: '/',
      dangling: '/proc/mounts',
      'usr/out': '../../etc/passwd',
      'usr/far': '/../../../etc/passwd',
      circle: 'circle',
      through: 'top/../../etc',
    };
    const layers: TarFile[] = [
      { name: 'opt/one', content: '1' },
      { name: 'opt/hard', type: 'link', linkname: 'opt/one' },
      ...Object.entries(links).map(([name, linkname]): TarFile => ({ name, type: 'symlink', linkname })),
      { name: 'dev/null', type: 'character-device' },
      { name: 'system-systemd\\x2d.slice', content: 'no name that artifacts can have' },
    ];
    assert.deepEqual(await filesOf(await treeOf({ layers: [layers] })), {
      'opt/one': '1',
      'opt/hard': '1',
      'usr/bin/one': '-> ../../opt/one',
      'usr/two': '-> ../opt/one',
      top: '-> .',
      dangling: '-> proc/mounts',
    });
  });

  test('hostile paths are refused', async () => {
    const layer = (...files: TarFile[]): Promise<Uint8Array> => savedFiles({ layers: [files] }).then(tarOf);
    const code = 'LAM_STORE_IMAGE_UNSAFE';
    await refused(layer({ name: '../evil', content: 'x' }), code, /'\.\.\/evil' in it is not safe: it leaves the root/);
    await refused(layer({ name: 'a/../../evil', content: 'x' }), code, /leaves the root/);
    await refused(layer({ name: '/etc/passwd', content: 'x' }), code, /it is absolute/);
    await refused(layer({ name: 'a/.wh...', content: '' }), code, /removes nothing/);
    await refused(layer({ name: 'hard', type: 'link', linkname: '../../etc/shadow' }), code, /leaves the root/);
    await refused(
      layer({ name: 'hard', type: 'link', linkname: 'etc/shadow' }),
      'LAM_STORE_IMAGE_DAMAGED',
      /'hard' is a hard link to 'etc\/shadow', which is no file/,
    );
    const outer = async (...files: TarFile[]): Promise<Uint8Array> => tarOf([...files, ...(await savedFiles(SIMPLE))]);
    await refused(outer({ name: '../x' }), code, /leaves the root/);
    await refused(outer({ name: 'x', type: 'symlink', linkname: '/etc/passwd' }), code, /absolute/);
    await refused(outer({ name: 'x', type: 'symlink', linkname: '../../x' }), code, /leads out of the tar/);
    await refused(outer({ name: 'x', type: 'block-device' }), code, /device or a pipe/);
    await refused(outer({ name: 'x' }, { name: 'x' }), 'LAM_STORE_IMAGE_DAMAGED', /occurs twice/);
  });

  test('links between layers, as older engines write them, are followed', async () => {
    const files = await savedFiles(SIMPLE);
    const [first, ...rest] = files;
    assert.ok(first !== undefined);
    const moved = [
      { ...first, name: 'elsewhere/layer.tar' },
      { name: first.name, type: 'symlink', linkname: '../elsewhere/layer.tar' } as const,
    ];
    assert.deepEqual(await filesOf(await stored(await tarOf([...moved, ...rest]))), { 'app/run': 'run', 'etc/x': 'x' });
    const circle = [{ name: first.name, type: 'symlink', linkname: 'layer.tar' } as const, ...rest];
    await refused(tarOf(circle), 'LAM_STORE_IMAGE_DAMAGED', /it is missing/);
  });

  test('what is no image, or not whole, is refused', async () => {
    const invalid = 'LAM_STORE_IMAGE_INVALID';
    const damaged = 'LAM_STORE_IMAGE_DAMAGED';
    await refused(Buffer.from('no tar at all'.repeat(100)), damaged, /the upload: /);
    await refused(Buffer.alloc(0), invalid, /neither manifest.json nor index.json/);
    await refused(Buffer.alloc(1024), invalid, /neither manifest.json nor index.json/);
    await refused(tarOf([{ name: 'hello', content: 'x' }]), invalid, /docker save did not make it/);
    await refused(tarOf([{ name: 'manifest.json', content: '[]' }]), invalid, /it holds 0 images/);
    await refused(tarOf([{ name: 'manifest.json', content: '[' }]), damaged, /manifest.json: it is not JSON/);
    await refused(tarOf([{ name: 'manifest.json', content: '[1]' }]), damaged, /it is no JSON object/);
    await refused(
      tarOf([{ name: 'index.json', content: '{"manifests":[{"digest":"sha256:../x"}]}' }]),
      invalid,
      /no SHA-256 digest/,
    );
    const files = await savedFiles(SIMPLE);
    for (const name of files.map((file) => file.name).filter((one) => one !== 'manifest.json'))
      await refused(tarOf(files.filter((file) => file.name !== name)), damaged, /it is missing/);
    const other = files.map((file) =>
      file.name.endsWith('layer.tar') ? { ...file, content: Buffer.alloc(1024) } : file,
    );
    await refused(tarOf(other), damaged, /its content has the digest/);
    const config = files.map((file) =>
      /^[0-9a-f]{64}/.test(file.name) ? { ...file, content: `${String(file.content)} ` } : file,
    );
    await refused(tarOf(config), damaged, /its content has the digest/);
    const blobs = (await ociFiles(SIMPLE)).map((file) =>
      file.name.startsWith('blobs')
        ? { ...file, content: Buffer.concat([Buffer.from(file.content ?? ''), Buffer.from(' ')]) }
        : file,
    );
    await refused(tarOf(blobs), damaged, /its content has the digest/);
    await refused(tarOf(await savedFiles({ ...SIMPLE, diffIds: [] })), damaged, /names 0 layers, and the image has 2/);
    await refused(tarOf(await savedFiles({ ...SIMPLE, diffIds: ['x', 'y'] })), damaged, /'x' is no digest/);
    const halves = { ...SIMPLE, packed: (layer: Buffer) => gzipSync(layer).subarray(0, 60) };
    await refused(tarOf(await savedFiles(halves)), damaged, /layer\.tar: /);
  });

  test('names and programs that no system takes are refused', async () => {
    const invalid = 'LAM_STORE_IMAGE_INVALID';
    const image = (parts: Partial<ImageParts>): Promise<Uint8Array> => savedFiles({ ...SIMPLE, ...parts }).then(tarOf);
    for (const name of ['../../etc:1', 'a\nb:1', '\u001b[31m:1', '', 'x'.repeat(5000)])
      await refused(image({ names: [name] }), invalid, /^.{1,200} is no name of an image$/s);
    for (const config of [{ Env: ['A=\0'] }, { Cmd: ['a\0'] }, { WorkingDir: '/\0' }])
      await refused(image({ config }), invalid, /NUL character/);
    const names = ['host.example:5000/Team/a_b-c.d:1.0@sha256:00'];
    await receiveImages(store.paths, cut(await image({ names })), async ({ images }) => {
      assert.deepEqual(images[0]?.names, names);
    });
  });

  test('a short tar that makes much work or fills the memory is refused before it does', async () => {
    const blob = (value: unknown): TarFile & { readonly digest: string } => {
      const content = JSON.stringify(value);
      const digest = createHash('sha256').update(content).digest('hex');
      return { name: `blobs/sha256/${digest}`, content, digest: `sha256:${digest}` };
    };
    const listOf = (digest: string): unknown => ({ manifests: Array.from({ length: 600 }, () => ({ digest })) });
    const lowest = blob({ manifests: [] });
    const middle = blob(listOf(lowest.digest));
    const top = { name: 'index.json', content: JSON.stringify(listOf(middle.digest)) };
    await refused(tarOf([lowest, middle, top]), 'LAM_STORE_IMAGE_INVALID', /lists of images have over 1000 entries/);
    const files = await savedFiles(SIMPLE);
    const manifest = files.find(({ name }) => name === 'manifest.json') ?? assert.fail();
    const [image] = JSON.parse(String(manifest.content)) as [unknown];
    const repeated = JSON.stringify(Array.from({ length: 101 }, () => image));
    const others = files.filter((file) => file !== manifest);
    await refused(
      tarOf([...others, { ...manifest, content: repeated }]),
      'LAM_STORE_IMAGE_INVALID',
      /it holds 101 images/,
    );
    const long = { name: 'link', type: 'symlink', linkname: 'x'.repeat(5000) } as const;
    const isShort = /^.{1,250} is a path of more than 4096 bytes$/;
    await refused(tarOf([...files, long]), 'LAM_STORE_IMAGE_DAMAGED', isShort);
    await refused(tarOf([...files, { name: 'y'.repeat(5000) }]), 'LAM_STORE_IMAGE_DAMAGED', isShort);
    await refused(tarOf(await savedFiles({ layers: [[long]] })), 'LAM_STORE_IMAGE_DAMAGED', isShort);
  });

  test('a layer that unpacks to too much is refused before it fills the disk', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lam-bomb-'));
    const limits = { unpackedBytes: 1_000_000, artifactFiles: 10 };
    const wanted = { file: 'layer.tar', diffId: digestOf(createHash('sha256')) };
    const read = (bytes: Uint8Array): Promise<unknown> =>
      readLayer(cut(bytes), wanted, new StagedWriter(mkdtempSync(join(folder, 'to-')), 1), new LayerBudget(limits));
    try {
      const bomb = gzipSync(await tarOf([{ name: 'zeros', content: Buffer.alloc(8 * 1024 * 1024) }]));
      await assert.rejects(read(bomb), { code: 'LAM_STORE_IMAGE_TOO_LARGE' });
      const [to = ''] = await readdir(folder);
      assert.ok(statSync(join(folder, to, '0')).size <= limits.unpackedBytes);
      await assert.rejects(verifyLayer(cut(bomb), wanted, new LayerBudget(limits)), {
        code: 'LAM_STORE_IMAGE_TOO_LARGE',
      });
      const many = await tarOf(Array.from({ length: 11 }, (_, at) => ({ name: `file${at}` })));
      await assert.rejects(read(many), { code: 'LAM_STORE_ZIP_TOO_MANY_FILES' });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('a damaged upload is refused or gives the same files, and leaves nothing half', async () => {
    const tar = await tarOf(await savedFiles({ ...SIMPLE, packed: (layer) => gzipSync(layer) }));
    const whole = await filesOf(await stored(tar));
    await fc.assert(
      fc.asyncProperty(
        fc.nat(tar.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (at, by, isCut) => {
          const bytes = Buffer.from(isCut ? tar.subarray(0, at) : tar);
          if (!isCut) bytes[at] = ((bytes[at] as number) + by) % 256;
          try {
            const files = await filesOf(await stored(bytes));
            for (const [path, content] of Object.entries(files)) assert.equal(whole[path], content);
          } catch (error) {
            assert.ok(isLamError(error) && error.httpStatus < 500, String(error));
          }
          assert.deepEqual([await readdir(store.paths.tmp), await readdir(store.paths.staging)], [[], []]);
        },
      ),
      { numRuns: 150 },
    );
  });
});
