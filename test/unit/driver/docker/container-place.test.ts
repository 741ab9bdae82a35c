import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { firstEntry } from '../../../../src/driver/docker/container/container-place.ts';
import { LARGEST_PROGRAM_BYTES } from '../../../../src/executor/index.ts';

/** The head of an entry of a tar archive. */
function head(type: string, { size = 0, target = '' } = {}): Buffer {
  const block = Buffer.alloc(512);
  block.write('name');
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write(type, 156);
  block.write(target, 157);
  return block;
}

test('a file is read from an archive, in whatever pieces it comes', async () => {
  const archive = Buffer.concat([head('0', { size: 700 }), Buffer.alloc(700, 'x'), Buffer.alloc(2048)]);
  for (const length of [100, 512, 1000, 10_000]) {
    const pieces = Array.from({ length: Math.ceil(archive.length / length) }, (_, at) =>
      archive.subarray(at * length, (at + 1) * length),
    );
    const found = await firstEntry(Readable.from(pieces));
    assert.deepEqual(found, { kind: 'file', content: Buffer.alloc(700, 'x') }, `pieces of ${length}`);
  }
  assert.deepEqual(await firstEntry(Readable.from([head('0')])), { kind: 'file', content: Buffer.alloc(0) });
  const link = head('2', { target: '../lib/libc.so.6' });
  assert.deepEqual(await firstEntry(Readable.from([link])), { kind: 'link', target: '../lib/libc.so.6' });
  assert.equal(await firstEntry(Readable.from([head('0', { size: 700 }), Buffer.alloc(10)])), undefined);
});

test('nothing is read of a folder, of a device or of a file that is too large', async () => {
  for (const first of [head('5'), head('3'), head('0', { size: LARGEST_PROGRAM_BYTES + 1 })]) {
    let sent = 0;
    // What the engine would send of all files below a folder.
    const archive = Readable.from(
      (function* endless() {
        for (yield first; ; sent += 1) yield Buffer.alloc(65_536);
      })(),
    );
    assert.equal(await firstEntry(archive), undefined);
    assert.ok(archive.destroyed && sent < 64, `${sent} pieces`);
  }
});
