import { GLAMBDAR } from '../floors/glambdar.ts';
import { curvePoints, histogramOf, merged, percentileMs } from '../load/latencies.ts';
import { generate, requireWrk } from '../load/load.ts';
import type { Row } from '../row.ts';
import { againstGlambdar, closed, contest, everyone, findingOf, latency, oneByOne, placed, rate } from './contest.ts';

const GROUP = 'warm';
const STATIC = 'static node:http';

/** Requests a second in the open loop. */
export const OPEN_LOOP_PER_SECOND = 500;

const warmOne: Row = {
  id: 'warm-c1',
  group: GROUP,
  measures: [
    latency('warm-c1', 'warm c=1 p50, Invoke', STATIC, { value: 4, aim: 2.5 }),
    latency('warm-c1-glambdar', `warm c=1 p50, Invoke, against ${GLAMBDAR}`, GLAMBDAR, { value: 0.25, aim: 0.1 }),
  ],
  async run(scene) {
    const sides = await everyone(scene, 'hello');
    const samples = await contest(scene, { layout: 'one-core', rounds: scene.rounds(9), sides, take: oneByOne(scene) });
    const notes = placed(scene, 'one-core');
    return {
      findings: {
        'warm-c1': findingOf(samples, notes),
        ...(await againstGlambdar(scene, 'warm-c1-glambdar', samples)),
      },
    };
  },
};

const warmOneHttp: Row = {
  id: 'warm-c1-http',
  group: GROUP,
  measures: [latency('warm-c1-http', 'warm c=1 p50, HTTP endpoint', STATIC, { value: 4, aim: 2.5 })],
  async run(scene) {
    const lam = await scene.lam('process');
    await lam.invoke('hello');
    const sides = [{ name: 'lam', target: lam.httpTarget('hello'), pids: [lam.pid] }, await scene.floor()];
    const samples = await contest(scene, { layout: 'one-core', rounds: scene.rounds(9), sides, take: oneByOne(scene) });
    return { findings: { 'warm-c1-http': findingOf(samples, placed(scene, 'one-core')) } };
  },
};

const openLoop: Row = {
  id: 'open-loop',
  group: GROUP,
  measures: [latency('open-loop', `warm p99, open loop ${OPEN_LOOP_PER_SECOND}/s`, STATIC, { value: 3, aim: 2 })],
  async run(scene) {
    const sides = await everyone(scene, 'logging');
    const seconds = scene.rounds(8, 2);
    const samples = await contest(scene, {
      layout: 'apart',
      rounds: scene.rounds(7),
      sides,
      take: async (target, prefix) => {
        const { latencies } = await generate(
          { kind: 'open-loop', target, perSecond: OPEN_LOOP_PER_SECOND, seconds },
          prefix,
        );
        return histogramOf(latencies);
      },
    });
    const p99s = new Map(
      [...samples].map(([name, rounds]) => [name, rounds.map((histogram) => percentileMs(histogram, 99))]),
    );
    const curves = [...samples].map(([name, rounds]) => ({
      name: name === 'floor' ? STATIC : name,
      points: curvePoints(merged(rounds)),
    }));
    return { findings: { 'open-loop': findingOf(p99s, placed(scene, 'apart')) }, curves };
  },
};

const throughput: Row = {
  id: 'c64',
  group: GROUP,
  measures: [
    rate('c64', 'throughput c=64, a log line a call', STATIC, { value: 0.55, aim: 1 }),
    rate('c64-glambdar', `throughput c=64, a log line a call, against ${GLAMBDAR}`, GLAMBDAR, { value: 5, aim: 10 }),
  ],
  async run(scene) {
    requireWrk();
    const sides = await everyone(scene, 'logging');
    const samples = await contest(scene, { layout: 'shared', rounds: scene.rounds(7), sides, take: closed(scene) });
    const notes = placed(scene, 'shared');
    return { findings: { c64: findingOf(samples, notes), ...(await againstGlambdar(scene, 'c64-glambdar', samples)) } };
  },
};

const throughputHttp: Row = {
  id: 'c64-http',
  group: GROUP,
  measures: [rate('c64-http', 'throughput c=64, HTTP endpoint, a log line a call', STATIC, { value: 0.55, aim: 1 })],
  async run(scene) {
    requireWrk();
    const lam = await scene.lam('process');
    await lam.invoke('logging');
    await lam.quiet();
    const sides = [{ name: 'lam', target: lam.httpTarget('logging'), pids: [lam.pid] }, await scene.floor()];
    const samples = await contest(scene, { layout: 'shared', rounds: scene.rounds(7), sides, take: closed(scene) });
    return { findings: { 'c64-http': findingOf(samples, placed(scene, 'shared')) } };
  },
};

const logCost: Row = {
  id: 'log-cost',
  group: 'logs',
  measures: [rate('log-cost', 'throughput c=64 with a log line a call', 'the same, silent', { value: 0.9, aim: 0.97 })],
  async run(scene) {
    requireWrk();
    const lam = await scene.lam('process');
    for (const name of ['hello', 'logging']) await lam.invoke(name);
    const sides = [
      { name: 'lam', target: lam.target('logging'), pids: [lam.pid] },
      { name: 'floor', target: lam.target('hello'), pids: [lam.pid] },
    ];
    const samples = await contest(scene, { layout: 'shared', rounds: scene.rounds(9), sides, take: closed(scene) });
    return { findings: { 'log-cost': findingOf(samples, placed(scene, 'shared')) } };
  },
};

export const WARM_ROWS: readonly Row[] = [warmOne, warmOneHttp, openLoop, throughput, throughputHttp, logCost];
