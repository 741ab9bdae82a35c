import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { eventually, lamSession } from './session.ts';

const PRINTER = `
const lines = ('x'.repeat(999) + '\\n').repeat(100);
export const handler = async () => {
  for (let i = 0; i < 1000; i += 1)
    if (!process.stdout.write(lines)) await new Promise((resolve) => process.stdout.once('drain', resolve));
  return 'printed';
};`;

/** Memory of a process that is its own and in RAM (MiB). */
function ownMiB(pid: number): number {
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

test(
  'the memory of the daemon comes back within a minute after three times 100 MB of output',
  { skip: process.platform === 'linux' ? false : 'memory is read from /proc' },
  async () => {
    await using s = await lamSession();
    await s.deployNode('printer', PRINTER, { timeout: 60, memory: 512 });
    const { pid } = await s.status();
    const before = ownMiB(pid);
    for (let i = 0; i < 3; i += 1)
      assert.equal((await s.ok(['invoke', 'printer'], { limitMs: 90_000 })).stdout, '"printed"');
    // Of 300 MB. About 20 MiB are left, most of them in malloc's heap, which returns to the system from its end only.
    const most = before + 32;
    await eventually(() => ownMiB(pid) <= most, 60_000);
    assert.ok(ownMiB(pid) <= most, `${ownMiB(pid)} MiB a minute after, ${before} MiB before`);
  },
);
