import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { isLamError } from '../../../../src/errors/index.ts';
import { tarPieces, type TarEntry, type TarSource } from '../../../../src/driver/docker/base/tar.ts';

describe('a tar archive that is written in pieces', () => {
  let place = '';
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'lam-tar-'));
  });
  afterEach(() => rmSync(place, { recursive: true }));

  async function written(entries: readonly (TarEntry | TarSource)[]): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of tarPieces(entries)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  test('is read by tar, with names of any length', async () => {
    const source = join(place, 'source');
    writeFileSync(source, 'content'.repeat(1000));
    const long = `${'folder/'.repeat(20)}é${'x'.repeat(200)}`;
    const target = 'y'.repeat(150);
    // At the lengths where the length of a record's length changes.
    const edges = Array.from({ length: 16 }, (_, i) => 'z'.repeat(95 + i));
    const archive = await written([
      { kind: 'directory', path: 'a', mode: 0o755 },
      { kind: 'file', path: 'a/text', mode: 0o644, text: 'hello' },
      { kind: 'source', path: long, mode: 0o755, source, size: 7000 },
      { kind: 'source', path: 'empty', mode: 0o644, source, size: 0 },
      { kind: 'symlink', path: 'a/link', target },
      ...edges.map((path): TarEntry => ({ kind: 'file', path, mode: 0o644, text: path })),
    ]);
    const out = join(place, 'out');
    mkdirSync(out);
    execFileSync('tar', ['-x', '-C', out], { input: archive });
    assert.equal(readFileSync(join(out, 'a/text'), 'utf8'), 'hello');
    assert.equal(readFileSync(join(out, long), 'utf8'), 'content'.repeat(1000));
    assert.equal(statSync(join(out, long)).mode & 0o777, 0o755);
    assert.equal(statSync(join(out, 'empty')).size, 0);
    assert.equal(readlinkSync(join(out, 'a/link')), target);
    for (const path of edges) assert.equal(readFileSync(join(out, path), 'utf8'), path);
  });

  test('fails for a file that became shorter', async () => {
    const source = join(place, 'source');
    writeFileSync(source, 'content');
    truncateSync(source, 3);
    await assert.rejects(
      written([{ kind: 'source', path: 'a', mode: 0o644, source, size: 7 }]),
      (error) => isLamError(error) && error.code === 'LAM_DRIVER_FILE_CHANGED',
    );
  });
});
