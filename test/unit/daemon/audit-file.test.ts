import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { AuditEntry } from '../../../src/contract/index.ts';
import { AuditFile, type AuditFileParts } from '../../../src/daemon/audit-file.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

type Noted = Parameters<AuditFile['note']>[0];

const CHANGE: Noted = {
  who: { kind: 'key', name: 'ci' },
  api: 'control',
  operation: 'versions.publish',
  function: 'orders',
  from: '127.0.0.1:5',
  outcome: 'done',
};
const REFUSAL: Noted = { ...CHANGE, who: { kind: 'unknown', name: '' }, outcome: 'refused', code: 'LAM_X' };

describe('the audit log', () => {
  let folder = '';
  let clock: VirtualClock;
  let troubles: string[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lam-audit-'));
    clock = new VirtualClock();
    troubles = [];
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const open = (more: Partial<AuditFileParts> = {}): AuditFile =>
    new AuditFile({ folder, clock, onTrouble: (what) => troubles.push(what), ...more });
  const path = (name = 'audit.jsonl'): string => join(folder, name);

  test('is lines of JSON for the owner alone, which later daemons continue', async () => {
    const first = open();
    first.note(CHANGE);
    await first.close();
    const second = open();
    second.note({ ...CHANGE, operation: 'x\u009b\n"', target: 'y'.repeat(1000) });
    const all = await second.query({});
    assert.deepEqual(all[0], { time: new Date(clock.now()).toISOString(), ...CHANGE });
    assert.equal(all[1]?.operation, 'x\u009b\n"');
    assert.equal(all[1]?.target?.length, 259);
    await second.close();
    const lines = readFileSync(path(), 'utf8').split('\n');
    assert.equal(lines.length, 3);
    assert.doesNotMatch(lines[1] ?? '', /\u009b/);
    assert.equal(statSync(path()).mode & 0o777, 0o600);
  });

  test('is asked over rotated files, and leaves out a line that was cut off', async () => {
    const audit = open({ rotation: { size: '1K', rotate: 3 } });
    const count = 40;
    for (let n = 0; n < count; n++) {
      audit.note({ ...CHANGE, target: `version ${n}` });
      await audit.query({ lines: 1 });
    }
    assert.ok(
      existsSync(path('audit.jsonl.1')) && existsSync(path('audit.jsonl.3')) && !existsSync(path('audit.jsonl.4')),
    );
    const kept = (await audit.query({})).map(({ target }) => target);
    assert.ok(kept.length < count, 'the oldest are gone');
    assert.deepEqual(
      kept,
      Array.from({ length: kept.length }, (_, n) => `version ${count - kept.length + n}`),
    );
    assert.deepEqual(
      (await audit.query({ lines: 3 })).map(({ target }) => target),
      kept.slice(-3),
    );
    const newest = kept.at(-1);
    await audit.close();
    appendFileSync(path(), '{"time":"2026');
    assert.equal((await open().query({ lines: 1 }))[0]?.target, newest);
  });

  test('counts refusals of a minute beyond a hundred in one line, and notes every change', async () => {
    const audit = open();
    for (let n = 0; n < 250; n++) audit.note(REFUSAL);
    audit.note(CHANGE);
    const during = await audit.query({});
    assert.deepEqual([during.length, during.at(-1)?.outcome], [101, 'done']);
    await clock.advance(60_000);
    const [sum] = (await audit.query({ outcome: 'refused' })).toReversed();
    assert.equal(sum?.count, 150);
    audit.note(REFUSAL);
    assert.equal((await audit.query({ outcome: 'refused' })).length, 102, 'the next minute begins anew');
    await audit.close();
  });

  test('counts failures in the same way, apart from refusals', async () => {
    const audit = open();
    const failure: Noted = { ...CHANGE, outcome: 'failed', code: 'LAM_Y' };
    for (let n = 0; n < 130; n++) audit.note(failure);
    audit.note(REFUSAL);
    audit.note(CHANGE);
    assert.equal((await audit.query({})).length, 102);
    await audit.close();
    const failed = await open().query({ outcome: 'failed' });
    assert.deepEqual([failed.length, failed.at(-1)?.count, failed.at(-1)?.code], [101, 30, 'LAM_Y']);
  });

  test('is followed by who asks, until it is left', async () => {
    const audit = open();
    const seen: AuditEntry[] = [];
    const stop = audit.follow({ outcome: 'refused' }, (entry) => seen.push(entry));
    audit.note(CHANGE);
    audit.note(REFUSAL);
    stop();
    audit.note(REFUSAL);
    assert.deepEqual(
      seen.map(({ outcome }) => outcome),
      ['refused'],
    );
    await audit.close();
  });

  test('tells of a disk that does not take it, and goes on', async () => {
    const audit = open({ folder: join(path(), 'below', 'a', 'file') });
    appendFileSync(path(), '');
    audit.note(CHANGE);
    await audit.close();
    assert.ok(
      troubles.some((what) => what.startsWith('the audit log cannot be written')),
      String(troubles),
    );
  });
});
