import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { LayerVersion } from '../../src/contract/index.ts';
import { listing, listingIfThere } from '../support/listing.ts';
import { entryOf, linkOf, rawZip, type RawEntry } from './raw-zip.ts';
import { lamSession, type LamSession } from './session.ts';
import { untouched } from './untouched.ts';

const MIB = 1024 * 1024;
const TOOL = entryOf('bin/tool', '#!/bin/sh\necho tool\n', 0o100755);
const LAYERED = 'name: layered\nruntime: nodejs\nlayers: [./layer.zip]\n';
const INDEX = 'exports.handler = async () => "layered";';

describe('a zip of a layer that must not be unpacked', () => {
  let s: LamSession;
  before(async () => {
    s = await lamSession();
    await s.ok(['start']);
  });
  after(() => s.dispose());

  const HOSTILE: readonly (readonly [what: string, entries: readonly RawEntry[], code: string])[] = [
    ['writes beside /opt', [TOOL, entryOf('../var/task/index.js', 'x')], 'LAM_STORE_ZIP_UNSAFE_PATH'],
    ['writes to an absolute path', [TOOL, entryOf('/opt/bin/other', 'x')], 'LAM_STORE_ZIP_UNSAFE_PATH'],
    ['links to a file of the machine', [TOOL, linkOf('lib/secret', '/etc/shadow')], 'LAM_STORE_ZIP_UNSAFE_SYMLINK'],
    ['links out of /opt', [TOOL, linkOf('python', '../task')], 'LAM_STORE_ZIP_UNSAFE_SYMLINK'],
    ['writes through a link', [linkOf('lib', 'bin'), entryOf('lib/tool', 'x')], 'LAM_STORE_ZIP_CONFLICT'],
    ['has a device', [TOOL, entryOf('null', '', 0o020_666)], 'LAM_STORE_ZIP_UNSUPPORTED'],
    ['has a pipe', [TOOL, entryOf('pipe', '', 0o010_644)], 'LAM_STORE_ZIP_UNSUPPORTED'],
    [
      'has an extension that is a link',
      [TOOL, linkOf('extensions/spy', '../../task/bootstrap')],
      'LAM_STORE_ZIP_UNSAFE_SYMLINK',
    ],
  ];
  for (const [what, entries, code] of HOSTILE)
    test(`because it ${what} is refused when published and when deployed, and leaves nothing`, async () => {
      const files = { 'layer.zip': rawZip(entries), 'lam.yaml': LAYERED, 'index.js': INDEX };
      const cwd = s.files('hostile', files);
      const refused = (words: readonly string[]): Promise<unknown> =>
        untouched(s, () => s.refused(words, code, 8, { cwd }));
      await refused(['layer', 'publish', 'hostile', 'layer.zip']);
      await refused(['deploy']);
      assert.deepEqual(await s.json<unknown[]>(['layer', 'list']), []);
    });

  test('is not needed for harm: two layers whose links make a circle together are refused too', async () => {
    const cwd = s.files('circle', {
      'a.zip': rawZip([TOOL, linkOf('one', 'two')]),
      'b.zip': rawZip([TOOL, linkOf('two', 'one')]),
      'lam.yaml': 'name: circle\nruntime: nodejs\nlayers: [./a.zip, ./b.zip]\n',
      'index.js': INDEX,
    });
    const { message } = await s.refused(['deploy'], 'LAM_OPERATIONS_LAYERS_CONFLICT', 8, { cwd });
    assert.match(message, /^the layers do not fit together: '(?:one|two)': it leads in a circle$/);
    await s.refused(['describe', 'circle'], 'LAM_REGISTRY_FUNCTION_NOT_FOUND', 4);
  });

  test('keeps a layer of the same name publishable', async () => {
    const cwd = s.files('sound', { 'layer.zip': rawZip([{ ...TOOL, mode: 0o104_755 }]) });
    const { version, files } = await s.json<LayerVersion>(['layer', 'publish', 'hostile', 'layer.zip'], { cwd });
    assert.deepEqual([version, files], [1, 1]);
  });
});

describe('a disk that fills up while a layer is published', () => {
  test('refuses it, leaves nothing of it, and keeps the earlier version and its number', async (t) => {
    await using s = await lamSession();
    mkdirSync(s.home, { recursive: true, mode: 0o700 });
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=48m,mode=0700', 'lam-test', s.home]).status !== 0)
      return t.skip('a small file system cannot be mounted here');
    s.onDispose(() => void spawnSync('umount', ['--lazy', s.home]));
    const publish = (mib: number): readonly string[] => {
      s.files('w', { 'layer/data.bin': randomBytes(mib * MIB) });
      return ['layer', 'publish', 'data', 'layer'];
    };
    const options = { cwd: join(s.cwd, 'w') };
    const versions = async (): Promise<readonly number[]> =>
      (await s.json<LayerVersion[]>(['layer', 'list', 'data'])).map(({ version }) => version);
    await s.ok(publish(2), options);
    const kept = listing(join(s.home, 'objects'));
    await s.refused(publish(60), 'LAM_STORE_DISK_FULL', 1, options);
    assert.deepEqual(listing(join(s.home, 'objects')), kept);
    assert.deepEqual([...listingIfThere(join(s.home, 'staging')), ...listingIfThere(join(s.home, 'tmp'))], []);
    assert.deepEqual(await versions(), [1]);

    // No byte is left for the catalogue of layers either.
    const { bavail, bsize } = statfsSync(s.home);
    const filler = join(s.home, 'filler');
    writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - 4096)));
    await s.refused(publish(1), 'LAM_STORE_DISK_FULL', 1, options);
    assert.deepEqual(await versions(), [1]);
    rmSync(filler);
    await s.ok(publish(1), options);
    await s.ok(['restart']);
    assert.deepEqual(await versions(), [1, 2]);
  });
});
