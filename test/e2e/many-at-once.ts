import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ifCode } from '../support/if-code.ts';
import { engine, eventually, http, kill, lamSession, type HttpAnswer, type LamSession } from './session.ts';

/** Says who it is; sleeps, or loops beyond its time, when told. */
const WHO = `
import { randomUUID } from 'node:crypto';
const id = randomUUID();
let calls = 0;
export const handler = async (event) => {
  calls += 1;
  if (event.loop) for (;;);
  if (event.ms) await new Promise((go) => setTimeout(go, event.ms));
  return { id, pid: process.pid, calls, tag: event.tag };
};`;

interface Who {
  readonly id: string;
  readonly pid: number;
  readonly calls: number;
  readonly tag?: number;
}

const who = (answer: HttpAnswer): Who => JSON.parse(answer.body.toString()) as Who;

const ifAborted = ifCode(['ABORT_ERR'], 'left');

/** Guarantees for many concurrent callers, with one driver. */
export function describeManyAtOnce(driver: 'process' | 'docker'): void {
  describe(`many at once (${driver})`, () => {
    let s: LamSession;
    const ask = (name: string, event: object, signal?: AbortSignal): Promise<HttpAnswer> =>
      http(`${s.url}/2015-03-31/functions/${name}/invocations`, {
        body: JSON.stringify(event),
        ...(signal === undefined ? {} : { signal }),
      });

    before(async () => {
      s = await lamSession({ driver });
      await s.deployNode('who', WHO, { timeout: 20 });
    });
    after(() => s.dispose());

    test('ten sleeping invocations run in ten sandboxes at the same time', async () => {
      // Long enough that none is done before the last sandbox has booted, on two cores with other work.
      const ms = driver === 'docker' ? 8000 : 4000;
      const tenOf = (sleep: number): Promise<HttpAnswer[]> =>
        Promise.all(Array.from({ length: 10 }, () => ask('who', { ms: sleep })));
      const began = performance.now();
      const cold = (await tenOf(ms)).map((answer) => who(answer).id);
      assert.equal(new Set(cold).size, 10);
      assert.ok(performance.now() - began < 2.5 * ms, `${Math.round(performance.now() - began)} ms`);
      // Warm sandboxes answer at once.
      const again = performance.now();
      const warm = (await tenOf(2000)).map((answer) => who(answer).id);
      assert.ok(performance.now() - again < 6000, `${Math.round(performance.now() - again)} ms when warm`);
      assert.deepEqual(warm.toSorted(), cold.toSorted());
    });

    test('beyond its limits a function queues requests in order, then answers 429', async () => {
      await s.deployNode('few', WHO, { timeout: 20, maxConcurrency: 2, queue: 2 });
      await Promise.all([ask('few', { ms: 300 }), ask('few', { ms: 300 })]);
      const order: number[] = [];
      const tagged = async (tag: number, ms: number): Promise<number> => {
        const { status } = await ask('few', { ms, tag });
        order.push(tag);
        return status;
      };
      // The first one ends well before the second, so that the two that wait run one after the other.
      const all = [tagged(1, 4000), tagged(2, 10_000)];
      await s.untilBusy(2);
      for (const tag of [3, 4]) {
        all.push(tagged(tag, 10));
        // A queued request is only visible by not being refused; the next one follows a round trip later.
        await http(`${s.url}/_lam/health`);
      }
      const refused = await ask('few', {});
      assert.equal(refused.status, 429, refused.body.toString());
      assert.match(String(refused.headers['retry-after']), /^\d+$/);
      assert.match(String(refused.headers['x-amzn-errortype']), /^TooManyRequestsException/);
      const { message, hint } = await s.refused(['invoke', 'few'], 'LAM_POOL_THROTTLED', 9);
      assert.match(message, /'few' is at its concurrency limit \(2 running, 2 queued\)/);
      assert.match(hint ?? '', /lam config set few maxConcurrency=/);
      assert.deepEqual(await Promise.all(all), [200, 200, 200, 200]);
      assert.deepEqual(order, [1, 3, 4, 2]);
    });

    test('a sandbox killed from outside costs one cold start, no time-out and no failure', async () => {
      await s.deployNode('victim', WHO, { timeout: 20 });
      const first = who(await ask('victim', {}));
      if (driver === 'docker') {
        // Its labels may lack the function: it may have begun as a stem.
        const [line = '{}'] = (await s.ok(['logs', 'victim', '--json'])).stdout.split('\n');
        const { sandbox } = JSON.parse(line) as { sandbox?: string };
        assert.equal((await engine('POST', `/containers/lam-${sandbox}/kill`)).status, 204);
      } else kill(first.pid);
      assert.ok(
        await eventually(
          async () => (await s.json<{ sandboxes: { idle: number } }>(['describe', 'victim'])).sandboxes.idle === 0,
        ),
      );
      const began = performance.now();
      const second = await ask('victim', {});
      assert.equal(second.status, 200);
      assert.notEqual(who(second).id, first.id);
      assert.ok(performance.now() - began < 10_000, 'before its time-out');
    });

    test('of five busy sandboxes, one that times out is replaced and the other four stay', async () => {
      await s.deployNode('five', WHO, { timeout: 8 });
      const five = (extra?: object): Promise<HttpAnswer[]> =>
        Promise.all(
          Array.from({ length: 5 }, (_, i) => ask('five', i === 4 && extra !== undefined ? extra : { ms: 3000 })),
        );
      const warm = new Set((await five()).map((answer) => who(answer).id));
      assert.equal(warm.size, 5);
      const answers = await five({ loop: true });
      assert.match(answers[4]?.body.toString() ?? '', /Sandbox\.Timedout.*timed out after 8\.00 seconds/);
      const kept = answers.slice(0, 4).map((answer) => who(answer).id);
      assert.ok(kept.every((id) => warm.has(id)));
      const after = (await five()).map((answer) => who(answer).id);
      assert.equal(new Set(after).size, 5);
      assert.deepEqual(after.filter((id) => warm.has(id)).toSorted(), kept.toSorted());
    });

    test('an idle sandbox expires after the configured time, and the next call is cold', async () => {
      await s.deployNode('brief', WHO, { idle: 1 });
      const first = who(await ask('brief', {}));
      const idle = async (): Promise<number> =>
        (await s.json<{ sandboxes: { idle: number } }>(['describe', 'brief'])).sandboxes.idle;
      assert.ok(await eventually(async () => (await idle()) === 0, 15_000));
      const second = who(await ask('brief', {}));
      assert.notEqual(second.id, first.id);
      assert.equal(second.calls, 1);
    });

    test('a caller that disconnects does not affect other callers', async () => {
      await s.deployNode('single', WHO, { timeout: 20, maxConcurrency: 1, queue: 10 });
      const { id } = who(await ask('single', {}));
      const [running, waiting] = [new AbortController(), new AbortController()];
      const gone = ask('single', { ms: 3000 }, running.signal).catch(ifAborted);
      await s.untilBusy(1);
      const goneToo = ask('single', { ms: 800, tag: 2 }, waiting.signal).catch(ifAborted);
      const stays = ask('single', { tag: 3 });
      await http(`${s.url}/_lam/health`);
      running.abort();
      waiting.abort();
      assert.deepEqual(await Promise.all([gone, goneToo]), ['left', 'left']);
      const answer = who(await stays);
      assert.equal(answer.tag, 3);
      assert.equal(answer.id, id, 'what the first caller left running was not killed');
      assert.equal(answer.calls, 3, 'what waited for somebody who left did not run');
    });
  });
}
