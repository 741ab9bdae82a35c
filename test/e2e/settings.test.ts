import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { lamSession, type LamSession, type RunResult } from './session.ts';

const CODE = 'export const handler = async () => [process.env.A ?? null, process.env.B ?? null];';
/** Never printed but by `lam env list`. */
const SECRET = 'hunter2';

interface Settings {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly from: Readonly<Record<string, string>>;
}

describe('settings by flag, by lam config set and in lam.yaml', () => {
  let s: LamSession;
  before(async () => {
    s = await lamSession();
  });
  after(() => s.dispose());

  const timeout = async (name: string): Promise<readonly unknown[]> => {
    const { settings, from } = await s.json<Settings>(['config', 'get', name]);
    return [settings['timeout'], from['timeout']];
  };

  test('have one order, and nothing that was given is dropped without a word', async () => {
    const cwd = `${s.cwd}/ordered`;
    const deployed = (seconds: number): Promise<RunResult> => s.deployNode('ordered', CODE, { timeout: seconds });
    await deployed(3);
    await s.ok(['config', 'set', 'ordered', 'timeout=5']);
    assert.deepEqual(await timeout('ordered'), [5, 'config set']);

    const flagged = await s.ok(['deploy', '-t', '9'], { cwd });
    assert.match(flagged.stdout, /^ordered v3 live/);
    assert.match(flagged.stderr, /^ordered: timeout: the flag's 9 s replaces 5 s from 'lam config set'/m);
    assert.deepEqual(await timeout('ordered'), [9, 'flag']);

    assert.equal((await s.ok(['config', 'unset', 'timeout'], { cwd })).stdout, 'ordered: v3 -> v4\n');
    assert.deepEqual(await timeout('ordered'), [3, 'lam.yaml']);

    await s.ok(['config', 'set', 'ordered', 'timeout=5']);
    const edited = await deployed(8);
    assert.match(edited.stdout, /^ordered: no change/);
    const lift = /hidden by 5 s from 'lam config set'; to use lam.yaml: lam (config unset ordered timeout)\n/;
    assert.match(edited.stderr, lift);
    const command = lift.exec(edited.stderr)?.[1] ?? '';
    await s.ok(command.split(' '));
    assert.deepEqual(await timeout('ordered'), [8, 'lam.yaml']);
  });

  test('print no values of variables but by lam env list', async () => {
    await s.ok(['deploy', 'hidden', '--inline', 'exports.handler = async () => 1', '-e', `A=${SECRET}`]);
    await s.ok(['env', 'set', 'hidden', `B=${SECRET}`]);
    for (const command of ['describe', 'versions', 'config get', 'versions --history'])
      for (const json of [[], ['--json']]) {
        const args = [...command.split(' '), 'hidden', ...json];
        const { stdout, stderr } = await s.ok(args);
        assert.equal(`${stdout}${stderr}`.includes(SECRET), false, args.join(' '));
      }
    const detail = await s.json<{ config: object; allVersions: { config: object }[] }>(['describe', 'hidden']);
    const hidden = { environment: { A: null, B: null } };
    assert.deepEqual([detail.config, detail.allVersions[0]?.config].map(environment), [hidden, hidden]);
    const { versions } = await s.json<{ versions: { config: object }[] }>(['versions', 'hidden']);
    assert.deepEqual(versions.map(({ config }) => environment(config)).at(-1), { environment: { A: null } });
    assert.deepEqual(await s.json(['env', 'list', 'hidden']), { A: SECRET, B: SECRET });
    const page = (await s.ok(['describe', 'hidden'])).stdout;
    assert.match(page, /^environment +B +env set\n?/m);
    assert.match(page, /^environment +A +flag\n/m);
    assert.match(page, /^live: +v2, .* published .* by /m);
    assert.match(page, /^message: +environment: \+B$/m);
  });
});

function environment(config: { readonly environment?: unknown } | undefined): object {
  return { environment: config?.environment };
}
