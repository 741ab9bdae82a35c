import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { writeBuildDigest } from '../../scripts/build-digest.ts';
import type { Status } from '../../src/contract/index.ts';
import { programForAll } from './program-for-all.ts';
import { IS_BINARY, lamSession, PROGRAM } from './session.ts';

const NOTE = /lam was built anew since the daemon started, .*: lam restart\n/;

test(
  'commands say to restart a daemon whose files another build has replaced',
  { skip: IS_BINARY && 'the binary keeps its files' },
  async () => {
    using copy = programForAll(PROGRAM, false);
    await using s = await lamSession({ program: copy.path });
    const dist = join(dirname(dirname(copy.path)), 'dist');
    const digest = (): string => readFileSync(join(dist, 'build-digest'), 'utf8');
    const cwd = s.files('clock', {
      'lam.yaml': 'name: clock\nruntime: nodejs\nschedules: [every 1d]\n',
      'index.js': 'exports.handler = async () => 1;\n',
    });
    await s.ok(['deploy'], { cwd });
    const { build } = await s.json<Status>(['status']);
    assert.equal(build, digest());

    // What Python leaves beside its bootstrap once a function has run.
    const bytecode = join(dist, 'assets/bootstrap-python3/__pycache__');
    mkdirSync(bytecode, { recursive: true });
    writeFileSync(join(bytecode, 'of-another-run.cpython-311.pyc'), 'bytecode');
    await writeBuildDigest(dist);
    assert.equal(digest(), build, 'the same files');
    assert.doesNotMatch((await s.ok(['list'])).stderr, NOTE);

    appendFileSync(join(dist, 'assets/bootstrap-nodejs.cjs'), '// of another build\n');
    await writeBuildDigest(dist);
    assert.notEqual(digest(), build);
    for (const command of ['list', 'status']) assert.match((await s.ok([command])).stderr, NOTE, command);
    // A command that connects twice.
    const { stderr } = await s.ok(['trigger', 'delete', 'clock']);
    assert.equal(stderr.match(new RegExp(NOTE, 'g'))?.length, 1, stderr);
    assert.doesNotMatch((await s.ok(['restart'])).stderr, NOTE);
    assert.doesNotMatch((await s.ok(['status'])).stderr, NOTE);
    assert.equal((await s.json<Status>(['status'])).build, digest());
  },
);
