import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { shoot } from './faults-under-load.ts';
import { eventually, lamSession, processesOf } from './session.ts';

const SLEEPER = `export const handler = async (event) => { await new Promise((go) => setTimeout(go, event.ms ?? 0)); return 'done'; };`;

describe('a shortage of resources', { concurrency: true }, () => {
  test('with memory for two sandboxes a third function waits, is refused after too long, and gets memory once it is free', async () => {
    await using s = await lamSession({ env: { LAM_MEMORY: '256' } });
    for (const name of ['a', 'b', 'c']) await s.deployNode(name, SLEEPER);
    await s.deployNode('big', SLEEPER, { memory: 512, verify: false });
    const { memory } = await s.status();
    assert.equal(memory.budgetMiB, 256);

    const big = await shoot(s.url, 'big', {});
    assert.equal(big.status, 429, big.text);
    assert.match(big.text, /512 MiB.*256 MiB/);
    const { hint } = await s.refused(['invoke', 'big'], 'LAM_POOL_MEMORY', 9);
    assert.match(hint ?? '', /lam restart --memory 512/);

    // Requests wait for busy sandboxes; idle ones are evicted.
    const [first, second, third] = await Promise.all([
      shoot(s.url, 'a', { ms: 1500 }),
      shoot(s.url, 'b', { ms: 3000 }),
      new Promise((go) => setTimeout(go, 500)).then(() => shoot(s.url, 'c', {})),
    ]);
    for (const { status, text } of [first, second, third]) assert.deepEqual([status, text], [200, '"done"']);
    assert.ok(third.ms > 500 && third.ms < 10_000, `${third.ms} ms`);
    assert.ok((await s.status()).memory.usedMiB <= 256);

    const busy = [shoot(s.url, 'a', { ms: 20_000 }), shoot(s.url, 'b', { ms: 20_000 })];
    await s.untilBusy(2);
    const refused = await shoot(s.url, 'c', {});
    assert.equal(refused.status, 429, refused.text);
    assert.ok(refused.ms > 9000 && refused.ms < 18_000, `${refused.ms} ms`);
    assert.match(String(refused.retryAfter), /^[1-9]\d*$/);
    assert.match(refused.text, /'c' needs 128 MiB, and running sandboxes hold/);
    for (const { status } of await Promise.all(busy)) assert.equal(status, 200);
    assert.equal((await shoot(s.url, 'c', {})).status, 200, 'and later there is room again');
  });

  test('a stem that never connects is ended and reported, and functions run without it', async () => {
    await using s = await lamSession();
    const [bin, hangs] = [join(s.root, 'mute/bin'), join(s.root, 'mute/hangs')];
    // One that other users reach too, where there is one.
    const usual = '/usr/bin/python3';
    const python = existsSync(usual)
      ? usual
      : execFileSync('sh', ['-c', 'command -v python3'], { encoding: 'utf8' }).trim();
    mkdirSync(bin, { recursive: true });
    // A Python that reports its version, and then hangs as long as a file exists.
    const shim = `#!/bin/sh\ncase "$*" in\n*version_info*) echo "$0"; echo 3.11.0; exit ;;\nesac\n[ -e '${hangs}' ] && exec sleep 300\nexec '${python}' "$@"\n`;
    writeFileSync(join(bin, 'python3'), shim, { mode: 0o755 });
    writeFileSync(hangs, '');
    await s.ok(['start'], { env: { PATH: `${bin}:${s.environment()['PATH']}` } });
    await s.deployPython('snake', 'def lambda_handler(event, context):\n    return "hiss"\n', {
      verify: false,
    });
    assert.ok(await eventually(() => processesOf(s).length === 2), 'a stem is on its way');
    // Long enough to count as stuck.
    await new Promise((go) => setTimeout(go, 2500));
    rmSync(hangs);
    const { status, text, ms } = await shoot(s.url, 'snake', {});
    assert.deepEqual([status, text], [200, '"hiss"']);
    assert.ok(ms < 9000, `${ms} ms`);
    const log = join(s.home, 'daemon.log');
    assert.ok(await eventually(() => readFileSync(log, 'utf8').includes('booted ahead'), 15_000));
    assert.match(readFileSync(log, 'utf8'), /no sandbox could be booted ahead: .*it was not ready within 10 s/);
    assert.ok(
      await eventually(async () => {
        const { idle, stems } = (await s.status()).sandboxes;
        return stems > 0 && processesOf(s).length === 1 + idle + stems;
      }, 15_000),
      'what hung is gone, and one that works is there instead',
    );
  });
});
