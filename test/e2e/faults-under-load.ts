import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { after, afterEach, before, describe, test } from 'node:test';
import {
  containersOf,
  engine,
  eventually,
  isRunning,
  kill,
  lamSession,
  leftovers,
  processesOf,
  type LamSession,
} from './session.ts';

/** Returns where it runs; sleeps for the time in the event. */
const WHO = `
export const handler = async (event) => {
  if (event.loop) for (;;);
  if (event.ms) await new Promise((go) => setTimeout(go, event.ms));
  return { stream: process.env.AWS_LAMBDA_LOG_STREAM_NAME, pid: process.pid };
};`;

/** Outcome of one request. */
interface Shot {
  readonly status: number;
  readonly text: string;
  readonly ms: number;
  readonly retryAfter: string | undefined;
}

interface Who {
  readonly stream: string;
  readonly pid: number;
}

const who = (shot: Shot): Who => JSON.parse(shot.text) as Who;
const failed = (shot: Shot): boolean => shot.status !== 200 || shot.text.includes('errorType');

/** Posts an event; fails when the connection does. */
export function shoot(url: string, name: string, event: object, agent?: Agent): Promise<Shot> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const asked = request(
      `${url}/2015-03-31/functions/${name}/invocations`,
      { method: 'POST', agent: agent ?? false },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            text: Buffer.concat(chunks).toString(),
            ms: performance.now() - began,
            retryAfter: answer.headers['retry-after'],
          }),
        );
      },
    );
    asked.on('error', reject);
    asked.end(JSON.stringify(event));
  });
}

/** Callers that repeat a request as soon as it is answered, until stopped. */
class Load {
  readonly shots: Shot[] = [];
  /** Connections that broke. */
  readonly broken: unknown[] = [];
  #over = false;
  readonly #agent: Agent;
  readonly #callers: Promise<void>[];

  constructor(url: string, name: string, callers: number, event: object) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: callers });
    this.#callers = Array.from({ length: callers }, async () => {
      while (!this.#over && this.broken.length === 0) {
        const shot = await shoot(url, name, event, this.#agent).catch((error: unknown) => void this.broken.push(error));
        if (shot !== undefined) this.shots.push(shot);
      }
    });
  }

  /** Resolves after this many further answers. */
  async answered(more: number): Promise<void> {
    const goal = this.shots.length + more;
    assert.ok(
      await eventually(() => this.shots.length >= goal || this.broken.length > 0, 30_000),
      `${this.shots.length} of ${goal} answered`,
    );
  }

  async stop(): Promise<readonly Shot[]> {
    this.#over = true;
    await Promise.all(this.#callers);
    this.#agent.destroy();
    return this.shots;
  }
}

/** The sandboxes of shots that were answered. */
const streams = (shots: readonly Shot[]): Set<string> =>
  new Set(shots.filter((shot) => !failed(shot)).map((shot) => who(shot).stream));

/** Faults under load, with one driver. */
export function describeFaultsUnderLoad(driver: 'process' | 'docker'): void {
  describe(`faults under load (${driver})`, { concurrency: false }, () => {
    let s: LamSession;
    before(async () => {
      s = await lamSession({ driver });
      await s.ok(['start']);
    });
    after(() => s.dispose());

    afterEach(async () => {
      const rests = async (): Promise<boolean> => {
        const { sandboxes, memory } = await s.status();
        const { starting, idle, busy, stems } = sandboxes;
        return (
          starting === 0 && busy === 0 && memory.usedMiB === 128 * (idle + stems) && (await existing()) === idle + stems
        );
      };
      assert.ok(
        await eventually(rests, 30_000),
        `${JSON.stringify(await s.status())}, and there are ${await existing()}`,
      );
    });

    /** Sandboxes that the machine knows of. */
    async function existing(): Promise<number> {
      return driver === 'docker' ? (await containersOf(s)).length : processesOf(s).length - 1;
    }

    /** Ends one sandbox of a function from outside. */
    async function killOne({ stream, pid }: Who): Promise<void> {
      if (driver === 'process') {
        kill(pid);
        return;
      }
      // The name of its log stream ends with the id of the sandbox, which is a label of its container.
      const id = stream.slice(stream.indexOf(']') + 1);
      const all = await Promise.all(
        (await containersOf(s)).map((container) => engine('GET', `/containers/${container}/json`)),
      );
      const mine = all
        .filter(({ status }) => status === 200)
        .map(({ body }) => JSON.parse(body.toString()) as { Id: string; Config: { Labels: Record<string, string> } })
        .filter(({ Config }) => Object.values(Config.Labels).includes(id));
      assert.equal(mine.length, 1, `one container is of sandbox ${id}`);
      await engine('POST', `/containers/${mine[0]?.Id}/kill`);
    }

    test('a sandbox killed from outside costs its running invocations and one cold start, but no time-out', async () => {
      await s.deployNode('victim', WHO, { timeout: 30, maxConcurrency: 8 });
      const load = new Load(s.url, 'victim', 8, { ms: 25 });
      await load.answered(100);
      const killed: string[] = [];
      for (let round = 0; round < 2; round += 1) {
        const last = load.shots.findLast((shot) => !failed(shot) && !killed.includes(who(shot).stream));
        assert.ok(last !== undefined);
        await killOne(who(last));
        killed.push(who(last).stream);
        await load.answered(150);
      }
      const shots = await load.stop();
      assert.deepEqual(load.broken, []);
      const bad = shots.filter(failed);
      assert.ok(bad.length <= killed.length, `${bad.length} failed: ${bad.map(({ text }) => text).join(', ')}`);
      for (const { status, text } of bad) {
        assert.equal(status, 200, text);
        assert.match(text, /Runtime\.ExitError.*signal: killed/);
      }
      // No request waited for a time-out, and no more sandboxes were started than were lost.
      assert.ok(Math.max(...shots.map(({ ms }) => ms)) < 15_000, `${Math.max(...shots.map(({ ms }) => ms))} ms`);
      assert.ok(streams(shots).size <= 8 + killed.length, `${streams(shots).size} sandboxes`);
      const later = shots.slice(-50);
      assert.ok(later.every((shot) => !failed(shot) && !killed.includes(who(shot).stream)));
    });

    test('one sandbox of five that times out is replaced, and the other four keep working', async () => {
      await s.deployNode('five', WHO, { timeout: 3, maxConcurrency: 5, provisionedConcurrency: 5 });
      /** Five at once, each in its own sandbox. */
      const five = async (): Promise<Shot[]> => {
        const idle = async (): Promise<number> =>
          (await s.json<{ sandboxes: { idle: number } }>(['describe', 'five'])).sandboxes.idle;
        assert.ok(await eventually(async () => (await idle()) === 5, 30_000));
        return Promise.all(Array.from({ length: 5 }, () => shoot(s.url, 'five', { ms: 1500 })));
      };
      const before = await five();
      const warm = streams(before);
      assert.equal(warm.size, 5, before.map(({ text }) => text).join('\n'));
      const load = new Load(s.url, 'five', 4, { ms: 30 });
      await load.answered(10);
      const overrun = await shoot(s.url, 'five', { loop: true });
      assert.match(overrun.text, /Sandbox\.Timedout.*timed out after 3\.00 seconds/);
      await load.answered(100);
      const shots = await load.stop();
      assert.deepEqual(shots.filter(failed), []);
      // The four, and one that is new.
      const after = streams(await five());
      assert.equal(after.size, 5);
      assert.equal([...after].filter((stream) => warm.has(stream)).length, 4);
      const { stdout } = await s.ok(['logs', 'five', '--search', 'Task timed out', '--json']);
      const timedOut = stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => (JSON.parse(line) as { sandbox: string }).sandbox);
      assert.equal(timedOut.length, 1);
      assert.ok(
        [...after].every((stream) => !stream.endsWith(timedOut[0] ?? '?')),
        'the one that overran is gone',
      );
    });

    test('of several invocations in one sandbox, one that times out does not affect the others', async () => {
      await s.deployNode('shared', WHO, { timeout: 4, concurrency: 3, maxConcurrency: 9 });
      const [first] = streams([await shoot(s.url, 'shared', {})]);
      const late = shoot(s.url, 'shared', { ms: 60_000 });
      await new Promise((go) => setTimeout(go, 1000));
      // It runs longer than the time-out of the first one.
      const beside = shoot(s.url, 'shared', { ms: 3500 });
      assert.match((await late).text, /Sandbox\.Timedout/);
      const next = await shoot(s.url, 'shared', {});
      assert.deepEqual([...streams([await beside])], [first], 'what ran beside it finished where it was');
      assert.ok(!failed(next) && who(next).stream !== first, 'and the next one went elsewhere');
    });

    test('a daemon killed under load leaves nothing behind after its next start', async () => {
      await s.deployNode('orphan', WHO, { timeout: 30, maxConcurrency: 4 });
      const load = new Load(s.url, 'orphan', 4, { ms: 20 });
      await load.answered(40);
      const { pid } = await s.status();
      const before = new Set([
        ...processesOf(s),
        ...load.shots.map((shot) => (driver === 'process' ? who(shot).pid : pid)),
      ]);
      const containers = new Set(await containersOf(s));
      kill(pid);
      assert.ok(await eventually(() => load.broken.length > 0), 'nobody answers any more');
      await load.stop();
      assert.ok(await eventually(() => !isRunning(pid)));
      await s.ok(['start']);
      assert.deepEqual([...before].filter(isRunning), []);
      assert.deepEqual(
        (await containersOf(s)).filter((id) => containers.has(id)),
        [],
      );
      assert.equal((await shoot(s.url, 'orphan', {})).status, 200);
    });

    test('a daemon stopped under load leaves nothing behind', async () => {
      await s.ok(['stop']);
      assert.deepEqual(await leftovers(s), []);
      await s.ok(['start']);
    });
  });
}
