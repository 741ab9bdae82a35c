import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  INVOKE,
  type FunctionDetail,
  type FunctionSummary,
  type LogRecord,
  type Status,
} from '../../src/contract/index.ts';
import { DRIVERS, eventually, http, isRunning, kill, lamSession, processesOf, type LamSession } from './session.ts';

const WHO = `export const handler = async () => ({
  stream: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
  type: process.env.AWS_LAMBDA_INITIALIZATION_TYPE,
  pid: process.pid,
});`;

interface Who {
  readonly stream: string;
  readonly type: string;
  readonly pid: number;
}

for (const driver of DRIVERS) {
  describe(`provisioned sandboxes (${driver})`, { concurrency: false }, () => {
    let s: LamSession;
    before(async () => {
      s = await lamSession({ driver });
      await s.deployNode('kept', WHO, { provisionedConcurrency: 2, memory: 128 });
    });
    after(() => s.dispose());

    const detail = (): Promise<FunctionDetail> => s.json<FunctionDetail>(['describe', 'kept']);
    const invoke = async (name = 'kept'): Promise<Who> => JSON.parse((await s.ok(['invoke', name])).stdout) as Who;
    /** Waits until this many are idle. */
    const warmed = async (idle: number): Promise<void> =>
      assert.ok(
        await eventually(async () => (await detail()).sandboxes.idle === idle, 20_000),
        JSON.stringify((await detail()).sandboxes),
      );

    test('are started after a deploy, and all commands show the same number', async () => {
      await warmed(2);
      // Polls until no stem boots: a booting one counts in memory but not yet in stems.
      const rests = ({ sandboxes, memory }: Status): boolean =>
        sandboxes.stems > 0 && memory.usedMiB === 128 * (2 + sandboxes.stems);
      assert.ok(await eventually(async () => rests(await s.status()), 20_000), JSON.stringify(await s.status()));
      const { sandboxes } = await s.status();
      assert.deepEqual([sandboxes.starting, sandboxes.idle, sandboxes.busy], [0, 2, 0]);
      const page = (await s.ok(['status'])).stdout;
      assert.match(page, /^sandboxes: +0 starting, 2 idle, 0 busy, [1-4] booted ahead$/m);
      assert.match(page, /^memory: +limits of all sandboxes \d+ MiB of \d+ MiB$/m);
      const [listed] = await s.json<FunctionSummary[]>(['list']);
      assert.deepEqual(listed?.sandboxes, { starting: 0, idle: 2, busy: 0 });
      assert.match((await s.ok(['list'])).stdout, /^NAME +LIVE .* WARM .*\nkept +v1 +1 +nodejs +2 /);
      assert.match((await s.ok(['describe', 'kept'])).stdout, /^provisionedConcurrency +2 +lam\.yaml$/m);
    });

    test('serve the first request without a cold start', async () => {
      const { type } = await invoke();
      assert.equal(type, 'provisioned-concurrency');
      const report = (await s.ok(['logs', 'kept', '--output', 'raw'])).stdout;
      assert.match(report, /REPORT RequestId: /);
      assert.doesNotMatch(report, /Init Duration/);
      // Without provisionedConcurrency the sandbox that checked the code serves the first request.
      await s.deployNode('plain', WHO, { memory: 128 });
      assert.equal((await invoke('plain')).type, 'on-demand');
      assert.doesNotMatch((await s.ok(['logs', 'plain', '--output', 'raw'])).stdout, /Init Duration: /);
    });

    test('do not hide that a stem was bound for a request: the answer and the log name the kind of start', async () => {
      await s.deployNode('unchecked', WHO, { memory: 128, verify: false });
      assert.ok(await eventually(async () => (await s.status()).sandboxes.stems > 0, 20_000));
      const answers = [];
      for (let n = 0; n < 2; n++) answers.push(await http(`${s.url}${INVOKE.path('unchecked')}`, { body: '{}' }));
      assert.deepEqual(
        answers.map(({ headers, body }) => [headers[INVOKE.start], (JSON.parse(body.toString()) as Who).type]),
        [
          ['stem', 'on-demand'],
          ['warm', 'on-demand'],
        ],
      );
      const printed = (await s.ok(['logs', 'unchecked', '--json'])).stdout.trim().split('\n');
      const reports = printed.flatMap((line) => {
        const { platform } = JSON.parse(line) as LogRecord;
        return platform?.type === 'report' ? [platform] : [];
      });
      assert.deepEqual(
        reports.map(({ start, initMs }) => [start, initMs !== undefined]),
        [
          ['stem', true],
          ['warm', false],
        ],
      );
      assert.match((await s.ok(['logs', 'unchecked', '--output', 'raw'])).stdout, /Init Duration: /);
      await s.ok(['delete', 'unchecked', '-y']);
    });

    test(
      'are replaced when one is killed',
      { skip: driver === 'docker' && 'a pid inside says nothing outside' },
      async () => {
        const { pid, stream } = await invoke();
        kill(pid);
        assert.ok(await eventually(() => !isRunning(pid)));
        await warmed(2);
        assert.notEqual((await invoke()).stream, stream);
      },
    );

    test('follow the live pointer to a new version and back', async () => {
      await s.ok(['config', 'set', 'kept', 'provisionedConcurrency=1']);
      assert.equal((await detail()).config.provisionedConcurrency, 1);
      // Those of the version before are kept for a while, for a rollback.
      await warmed(3);
      const second = await invoke();
      assert.equal(second.type, 'provisioned-concurrency');
      assert.match(second.stream, /\[2\]/);
      const { warm } = await s.json<{ warm: number }>(['rollback', 'kept']);
      assert.equal(warm, 2);
      assert.equal((await detail()).config.provisionedConcurrency, 2);
      const first = await invoke();
      assert.equal(first.type, 'provisioned-concurrency');
      assert.match(first.stream, /\[1\]/);
    });

    test('are started again after a restart, without a request', async () => {
      await s.ok(['restart']);
      await warmed(2);
      const { type } = await invoke();
      assert.equal(type, 'provisioned-concurrency');
    });

    test('end when their function is deleted; stems stay', async () => {
      await s.ok(['delete', 'kept', '-y']);
      await s.ok(['delete', 'plain', '-y']);
      const rests = async (): Promise<boolean> => {
        const { sandboxes, memory } = await s.status();
        const { starting, idle, busy, stems } = sandboxes;
        return (
          starting + idle + busy === 0 &&
          memory.usedMiB === 128 * stems &&
          (driver === 'docker' || processesOf(s).length === 1 + stems)
        );
      };
      assert.ok(await eventually(rests, 20_000), JSON.stringify(await s.status()));
    });
  });
}
