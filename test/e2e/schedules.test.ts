import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { ScheduleRun, ScheduleView, Status } from '../../src/contract/index.ts';
import { eventually, kill, lamSession, type LamSession } from './session.ts';

interface Listed {
  readonly functionName: string;
  readonly name: string;
  readonly state: string;
  readonly view: ScheduleView;
}

/** Prints the planned time of its event. */
const CODE = 'export const handler = async (event) => { console.log(`ran for ${event.time ?? event.job}`); };\n';

describe('schedules', () => {
  let s: LamSession;
  before(async () => {
    s = await lamSession();
  });
  after(() => s.dispose());

  /** Deploys a function with what lam.yaml says of its schedules. */
  async function deploy(name: string, schedules: string): Promise<void> {
    const cwd = s.files(name, { 'lam.yaml': `name: ${name}\nruntime: nodejs\n${schedules}`, 'index.mjs': CODE });
    await s.ok(['deploy'], { cwd });
  }

  async function listed(name: string): Promise<Listed> {
    const [first] = await s.json<readonly Listed[]>(['schedule', 'list', name]);
    assert.ok(first);
    return first;
  }

  /** The runs of a schedule that succeeded, by planned time, oldest first. */
  async function succeeded(name: string): Promise<readonly number[]> {
    const { history } = (await listed(name)).view;
    return history
      .filter(({ outcome }) => outcome === 'succeeded')
      .map(({ planned }) => planned)
      .toReversed();
  }

  async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
    if (!(await eventually(condition, 60_000))) s.fail(what);
  }

  test('run from the deploy on, and are listed with their next and last run', async () => {
    const none = await s.ok(['schedule', 'list']);
    assert.match(none.stderr, /^no function has a schedule; .*lam config set FUNCTION schedules='every 5m'/m);
    await deploy('second', "schedules:\n  - '* * * * * *'\n");
    await until('two runs', async () => (await succeeded('second')).length >= 2);
    const [planned = 0] = await succeeded('second');
    assert.equal(planned % 1000, 0);
    const { stdout } = await s.ok(['logs', 'second']);
    assert.ok(stdout.includes(`ran for ${new Date(planned).toISOString().replace('.000', '')}`), stdout);
    const table = (await s.ok(['schedule', 'list'])).stdout;
    assert.match(table, /^FUNCTION +SCHEDULE +STATE +NEXT +IN +LAST\nsecond +\* \* \* \* \* \* +running +\d{4}-/);
    const history = (await s.ok(['schedule', 'list', 'second', '--history'])).stdout;
    assert.match(history, /^PLANNED +WHEN +FUNCTION +SCHEDULE +OUTCOME/);
    assert.match(history, /second +\* \* \* \* \* \* +succeeded/);
  });

  test('run by hand, also while they are paused, and stay paused over restarts and deploys', async () => {
    const yaml = 'schedules:\n  - name: nightly\n    cron: 0 3 1 1 *\n    event: { job: cleanup }\n  - every 7d\n';
    await deploy('job', yaml);
    assert.equal((await s.ok(['schedule', 'pause', 'job', 'nightly'])).stdout, "paused 'nightly' of job\n");
    await s.ok(['restart']);
    await deploy('job', `${yaml}description: changed\n`);
    const paused = await listed('job');
    assert.deepEqual([paused.name, paused.state, paused.view.next], ['nightly', 'paused', null]);
    assert.match(
      (await s.ok(['schedule', 'run', 'job', 'nightly'])).stdout,
      /^queued 'nightly' of job: [0-9a-f-]{36}\n$/,
    );
    await until('the run by hand', async () => (await s.ok(['logs', 'job'])).stdout.includes('ran for cleanup'));
    assert.equal((await s.ok(['schedule', 'resume', 'job', 'nightly'])).stdout, "resumed 'nightly' of job\n");
    const resumed = await listed('job');
    assert.equal(resumed.state, 'running');
    assert.match(new Date(resumed.view.next ?? 0).toISOString(), /-01-01T03:00:00\.000Z$/);

    await s.refused(['schedule', 'pause', 'job'], 'LAM_CLI_SEVERAL_SCHEDULES', 2);
    await s.refused(['schedule', 'pause', 'job', 'other'], 'LAM_TRIGGERS_NOT_FOUND', 4);
    await s.refused(['schedule', 'list', 'nothing'], 'LAM_REGISTRY_FUNCTION_NOT_FOUND', 4);
    await s.ok(['config', 'set', 'job', 'schedules=0,30 4 * * * ; every 5m']);
    const { hint } = await s.refused(['config', 'set', 'job', 'schedules=every 5'], 'LAM_REGISTRY_INVALID_CONFIG', 2);
    assert.equal(hint, "give another one, for instance: lam config set job 'schedules=every 5m'");
    assert.deepEqual(
      (await s.json<readonly Listed[]>(['schedule', 'list', 'job'])).map(({ name }) => name),
      ['0,30 4 * * *', 'every 5m'],
    );
    await s.ok(['config', 'set', 'job', 'schedules=']);
    await s.refused(['schedule', 'run', 'job'], 'LAM_CLI_NO_SCHEDULES', 4);
    assert.match((await s.ok(['schedule', 'list', 'job'])).stderr, /^'job' has no schedules; /m);
  });

  test('lose no planned run to a kill -9 of the daemon where all missed ones are made up for', async () => {
    await deploy('kept', 'schedules:\n  - { every: 1s, missed: all, overlap: queue }\n');
    await until('a run', async () => (await succeeded('kept')).length > 0);
    const before = await succeeded('kept');
    kill((await s.json<Status>(['status'])).pid, 'SIGKILL');
    const killedAt = Date.now();
    await until('two seconds of downtime', () => Promise.resolve(Date.now() > killedAt + 2000));
    await s.ok(['start']);
    const startedAt = Date.now();
    await until('runs after the start', async () => ((await succeeded('kept')).at(-1) ?? 0) > startedAt);
    const { history } = (await listed('kept')).view;
    const times = history.map(({ planned }: ScheduleRun) => planned).toReversed();
    assert.ok((times[0] ?? 0) <= killedAt, 'the history reaches back before the kill');
    for (const [n, at] of times.entries()) if (n > 0) assert.equal(at - (times[n - 1] ?? 0), 1000);
    const { stdout } = await s.ok(['logs', 'kept', '--lines', '1000']);
    for (const { planned, outcome } of history)
      if (outcome === 'succeeded')
        assert.ok(stdout.includes(`ran for ${new Date(planned).toISOString().replace('.000', '')}`));
    assert.ok(before.length > 0);
  });

  test('are refused with the nearest valid one, and with a time that is past', async () => {
    const cwd = s.files('bad', {
      'lam.yaml': "name: bad\nruntime: nodejs\nschedules: ['0 25 * * *']\n",
      'index.mjs': CODE,
    });
    const fault = await s.refused(['deploy'], 'LAM_PROJECT_INVALID', 2, { cwd });
    assert.match(
      fault.message,
      /3:13 +the schedule '0 25 \* \* \*' has the hour 25; it goes from 0 to 23; valid is '0 23 \* \* \*'/,
    );
    s.files('bad', { 'lam.yaml': 'name: bad\nruntime: nodejs\nschedules: [at 2020-01-31T09:00Z]\n' });
    const past = await s.refused(['deploy'], 'LAM_REGISTRY_INVALID_CONFIG', 2, { cwd });
    assert.match(past.message, /the schedule 'at 2020-01-31T09:00Z' is past: it is .* now; give a later time/);
  });

  test('do what docs/schedules.md says, command by command', async () => {
    const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'schedules.md'), 'utf8');
    const blocks = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, text = '']) => text.trim().split('\n'));
    assert.ok(blocks.length >= 2);
    for (const lines of blocks) {
      let { cwd } = s;
      for (const line of lines) {
        const words = (line.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll("'", ''));
        const [program, ...rest] = words;
        if (program === 'cd') cwd = join(cwd, rest[0] ?? '');
        else await s.ok(rest, { cwd });
      }
    }
    assert.deepEqual(
      (await s.json<readonly Listed[]>(['schedule', 'list', 'tick'])).map(({ name }) => name),
      ['every 5m', 'nightly'],
    );
  });
});
