import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { temporaryFolder, workbench, writeTree, type Workbench } from './fixture.ts';

const BUILD = new URL('../../../src/build/index.ts', import.meta.url).href;
const ROUNDS = 12;

/** A cargo that makes a program of the name that all packages have, which says whose it is. */
const CARGO = `#!/bin/sh
[ "$1" = build ] || { echo "$PWD/Cargo.toml"; exit 0; }
program="$CARGO_TARGET_DIR/release/bootstrap"
mkdir -p "\${program%/*}"
rm -f "$program"
cat Cargo.toml > "$program"
echo '{"reason":"compiler-artifact","target":{"name":"bootstrap","kind":["bin"]},"executable":"'"$program"'"}'
`;

/** Builds a function again and again in a process of its own; returns the programs that it got. */
async function buildAgainAndAgain(bench: Workbench, env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const script = `
    const { buildFunction } = await import(${JSON.stringify(BUILD)});
    const { readFile } = await import('node:fs/promises');
    const context = { ...${JSON.stringify(bench.context)}, log() {}, step() {} };
    for (let i = 0; i < ${ROUNDS}; i += 1) {
      const built = await buildFunction(${JSON.stringify(bench.fn({ runtime: 'rust' }))}, context);
      console.log(await readFile(built.files.get('bootstrap'), 'utf8'));
      await built.dispose();
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  assert.equal(code, 0, err);
  return out.trim().split('\n');
}

test('deploys at the same time whose programs share the folder of cargo each get their own', async (t) => {
  const root = await temporaryFolder(t);
  await writeTree(root, { 'bin/cargo': { text: CARGO, mode: 0o755 } });
  const env = {
    PATH: `${join(root, 'bin')}${delimiter}${process.env['PATH']}`,
    CARGO_TARGET_DIR: join(root, 'target'),
  };
  const names = ['one', 'two', 'three'];
  const benches = await Promise.all(names.map((name) => workbench(t, { 'Cargo.toml': name })));
  const programs = await Promise.all(benches.map((bench) => buildAgainAndAgain(bench, env)));
  names.forEach((name, i) =>
    assert.deepEqual(
      programs[i],
      Array.from({ length: ROUNDS }, () => name),
    ),
  );
  assert.deepEqual(readdirSync(join(root, 'target')), ['release']);
});
