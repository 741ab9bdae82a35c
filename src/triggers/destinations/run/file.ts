import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Mutex } from '../../../kit/index.ts';
import type { DestinationOpener } from '../../destination.ts';
import type { FileDestination } from '../file.ts';

const NEWLINE = 0x0a;
/** By path: records of several functions may go to one file. */
const turns = new Map<string, Mutex>();

/** Appends records, each flushed to the disk before it counts as sent. */
export const fileOpener: DestinationOpener<FileDestination> = {
  async open({ path }, { folder }) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const turn = turns.get(file) ?? new Mutex();
    turns.set(file, turn);
    return {
      send: ({ body }) => turn.run(() => append(file, body)),
      close: () => Promise.resolve(),
    };
  },
};

/** Opens the file anew for each record, so that it can be rotated by a rename. */
async function append(file: string, body: Uint8Array): Promise<void> {
  const handle = await open(file, 'a+', 0o600);
  try {
    const { size } = await handle.stat();
    const last = Buffer.alloc(1, NEWLINE);
    if (size > 0) await handle.read(last, 0, 1, size - 1);
    // A daemon that was killed may have left half a line.
    const before = last[0] === NEWLINE ? [] : [Buffer.from('\n')];
    const line = Buffer.concat([...before, body, Buffer.from('\n')]);
    for (let written = 0; written < line.length;)
      written += (await handle.write(line, written, line.length - written)).bytesWritten;
    await handle.datasync();
    if (size === 0) await flushEntry(file);
  } finally {
    await handle.close();
  }
}

/** Makes the name of a new file durable. */
async function flushEntry(file: string): Promise<void> {
  const folder = await open(dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
