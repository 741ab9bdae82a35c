import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import manifest from '../../../oclif.manifest.json' with { type: 'json' };
import { completionScript, SHELLS } from '../../../src/cli/render/completion-script.ts';
import { complete, type CommandOutline } from '../../../src/cli/services/complete.ts';
import { asVersion } from '../../support/ids.ts';

const COMMANDS = manifest.commands as unknown as Record<string, CommandOutline>;
const deployed = {
  names: async () => ['hello', 'world'],
  detail: async () => ({
    aliases: { prod: asVersion(1) },
    allVersions: [{ version: asVersion(2) }, { version: asVersion(1) }],
  }),
};
const offered = (...words: string[]): Promise<readonly string[]> => complete(words, COMMANDS, deployed);

describe('completion', () => {
  test('offers commands, and neither hidden ones nor aliases', async () => {
    const all = await offered('');
    assert.ok(all.includes('deploy') && all.includes('config'));
    for (const word of ['__complete', 'simulate', 'ls']) assert.ok(!all.includes(word), word);
    assert.deepEqual(await offered('dep'), ['deploy']);
  });
  test('offers the commands of a topic', async () =>
    assert.deepEqual(await offered('env', ''), ['list', 'set', 'unset']));
  test('offers flags of the command, under its alias too', async () => {
    assert.deepEqual(await offered('logs', '--fo'), ['--follow']);
    assert.deepEqual(await offered('tail', '--fo'), ['--follow']);
    assert.ok((await offered('invoke', '--no-l')).includes('--no-logs'));
  });
  test('offers the values of a flag that has a list', async () => {
    assert.deepEqual(await offered('logs', '--output', ''), ['pretty', 'json', 'raw']);
    assert.ok((await offered('init', '--runtime', 'py')).includes('python3'));
  });
  test('offers runtimes to the command that is about them', async () => {
    assert.deepEqual(await offered('runtimes', 'python3.1'), ['python3.11', 'python3.12', 'python3.13', 'python3.14']);
    assert.deepEqual(await offered('runtimes', 'python3', ''), []);
  });
  test('offers functions, versions and aliases', async () => {
    assert.deepEqual(await offered('invoke', 'h'), ['hello']);
    assert.deepEqual(await offered('invoke', 'hello@'), ['hello@2', 'hello@1']);
    assert.deepEqual(await offered('invoke', 'hello:'), ['hello:prod']);
    assert.deepEqual(await offered('rollback', 'hello', ''), ['v2', 'v1']);
    assert.deepEqual(await offered('logs', '--lines', '5', 'w'), ['world']);
  });
  test('offers settings and shells', async () => {
    assert.deepEqual(await offered('config', 'get', 'hello', 'mem'), ['memory']);
    assert.deepEqual(await offered('config', 'set', 'hello', 'mem'), ['memory=']);
    assert.deepEqual(await offered('route', 'add', 'GET /x', 'hel'), ['hello']);
    assert.deepEqual(await offered('route', 'add', ''), []);
    assert.deepEqual(await offered('autocomplete', ''), [...SHELLS]);
  });
  test('offers nothing where any text is valid', async () => assert.deepEqual(await offered('init', ''), []));
});

describe('the script for bash', () => {
  test('is valid bash, and completes after @ with the word breaks of bash', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lam-bash-'));
    try {
      writeFileSync(join(folder, 'lam'), '#!/bin/sh\necho "$*" >&2\nprintf "hello@1\\nhello@2\\n"\n');
      chmodSync(join(folder, 'lam'), 0o755);
      const script = `${completionScript('bash')}\nCOMP_LINE='lam invoke hello@'; COMP_POINT=\${#COMP_LINE}; _lam; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const printed = execFileSync('bash', ['--norc', '-c', script], {
        env: { PATH: `${folder}:/usr/bin:/bin` },
        encoding: 'utf8',
      });
      assert.equal(printed, '1\n2\n');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
