import assert from 'node:assert/strict';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DRIVERS, http, lamSession } from './session.ts';

/** A client of the Runtime API that exits after an answer when the event says `leave`. */
const BOOTSTRAP = readFileSync(join(import.meta.dirname, '../fixtures/functions/provided-quick/bootstrap'), 'utf8');

for (const driver of DRIVERS)
  test(`each call of a program that ends after its answer is answered (${driver})`, { timeout: 240_000 }, async () => {
    await using s = await lamSession({ driver });
    const cwd = s.files('leaves', { 'lam.yaml': 'name: leaves\nruntime: provided\n', bootstrap: BOOTSTRAP });
    chmodSync(join(cwd, 'bootstrap'), 0o755);
    await s.ok(['deploy'], { cwd });
    const call = async (): Promise<void> => {
      const { status, body } = await http(`${s.url}/2015-03-31/functions/leaves/invocations`, {
        method: 'POST',
        body: '"leave"',
      });
      assert.deepEqual([status, body.toString()], [200, '"done"']);
    };
    for (let i = 0; i < 12; i += 1) await call();
    await Promise.all(Array.from({ length: 4 }, call));
  });
