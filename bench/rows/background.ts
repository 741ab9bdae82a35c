import { INVOKE } from '../../src/contract/index.ts';
import { HELLO } from '../lam/functions.ts';
import { pause, type Lam } from '../lam/lam.ts';
import { headerOf } from '../load/answer-reader.ts';
import { closedLoop, requireWrk } from '../load/load.ts';
import { targetBytes, type Target } from '../load/target.ts';
import { memoryKiB } from '../processes.ts';
import { interleave } from '../rounds.ts';
import type { Row, RowResult } from '../row.ts';
import type { Scene } from '../scene.ts';
import { contest, findingOf, placed, rate } from './contest.ts';

/** How long events of the rows about accepting wait, longer than the row takes (ms). */
const LATER_MS = 3_600_000;
const LOOK_MS = 10;
/** From queueing the event that runs after the restart until it is due: the daemon ends within it (ms). */
const DUE_MS = 5000;

/** A daemon of its own with the warm function `hello`. */
async function warmLam(scene: Scene): Promise<Lam> {
  const lam = await scene.own('process');
  await lam.deploy('hello', HELLO);
  await lam.invoke('hello');
  await lam.quiet();
  return lam;
}

/** Requests that queue an event; `notBefore` in ms since 1970. */
function queueing(target: Target, notBefore: number): Target {
  const headers = { [INVOKE.invocationType]: 'Event', [INVOKE.notBefore]: String(notBefore) };
  return { ...target, headers };
}

/** Answers a second at 64 connections. */
function closedAt(scene: Scene, target: Target, seconds: number, prefix: readonly string[] = []): Promise<number> {
  return closedLoop({ targets: [target], connections: 64, seconds, folder: scene.folder, prefix });
}

const accept: Row = {
  id: 'async-accept',
  group: 'triggers',
  measures: [
    rate('async-accept', 'events accepted, durable, c=64', 'the same, run and answered', { value: 0.25, aim: 0.5 }),
    {
      id: 'async-accept-rate',
      title: 'events accepted, durable, c=64',
      unit: 'events/s',
      basis: { kind: 'absolute', quantile: 0.5 },
      floorName: null,
      gate: { sense: '>=', value: 5000, aim: 8000 },
    },
  ],
  async run(scene) {
    requireWrk();
    const lam = await warmLam(scene);
    try {
      const target = lam.target('hello');
      const side = (name: string, of: Target) => ({ name, target: of, pids: [lam.pid] });
      const samples = await contest(scene, {
        layout: 'shared',
        rounds: scene.rounds(7),
        // The events are due later, so that only their acceptance is measured.
        sides: [side('lam', queueing(target, Date.now() + LATER_MS)), side('floor', target)],
        take: (of, prefix) => closedAt(scene, of, scene.rounds(4, 2), prefix),
      });
      const notes = placed(scene, 'shared');
      return {
        findings: {
          'async-accept': findingOf(samples, notes),
          'async-accept-rate': { lam: samples.get('lam') ?? [], notes },
        },
      };
    } finally {
      await lam.dispose();
    }
  },
};

const drain: Row = {
  id: 'async-drain',
  group: 'triggers',
  measures: [rate('async-drain', 'events run from the queue', 'synchronous requests, c=64', { value: 0.8, aim: 1 })],
  async run(scene) {
    requireWrk();
    const lam = await warmLam(scene);
    try {
      const target = lam.target('hello');
      const seconds = scene.rounds(4, 2);
      const sides = [
        { name: 'lam', take: () => drained(scene, lam, seconds) },
        { name: 'floor', take: () => closedAt(scene, target, seconds) },
      ];
      const samples = await interleave(sides, { rounds: scene.rounds(7) });
      return { findings: { 'async-drain': findingOf(samples, placed(scene, 'free')) } };
    } finally {
      await lam.dispose();
    }
  },
};

/** Accepts events for some seconds, all of them due after that; returns how many ran a second. */
async function drained(scene: Scene, lam: Lam, seconds: number): Promise<number> {
  const due = Date.now() + seconds * 1000 + 1500;
  const perSecond = await closedAt(scene, queueing(lam.target('hello'), due), seconds);
  if (Date.now() >= due) throw new Error('the events were due before all of them were accepted');
  await pause(due - Date.now());
  await idle(lam);
  return (perSecond * seconds * 1000) / (Date.now() - due);
}

/** Resolves when no event waits or runs. */
async function idle({ control }: Lam): Promise<void> {
  while ((await control.hasInvocation('PENDING')) || (await control.hasInvocation('RUNNING'))) await pause(LOOK_MS);
}

/** Events of the row about memory; quick runs queue fewer. */
const MANY = 1_000_000;
const FEW = 20_000;

const backlog: Row = {
  id: 'async-backlog',
  group: 'triggers',
  measures: [
    {
      id: 'async-backlog-rss',
      title: 'a million queued events: growth of the daemon',
      unit: 'MiB',
      basis: { kind: 'absolute', quantile: 1 },
      floorName: null,
      gate: { sense: '<=', value: 64, aim: 32 },
    },
    {
      id: 'async-backlog-first',
      title: 'a million queued events: restart until the oldest runs',
      unit: 'ms',
      basis: { kind: 'absolute', quantile: 1 },
      floorName: null,
      gate: { sense: '<=', value: 1000, aim: 500 },
    },
  ],
  run: backlogRun,
};

async function backlogRun(scene: Scene): Promise<RowResult> {
  requireWrk();
  const lam = await scene.own('process');
  try {
    const wanted = scene.quick ? FEW : MANY;
    await lam.deploy('hello', HELLO);
    await lam.invoke('hello');
    // The needs of as many synchronous requests are no part of the growth.
    await closedAt(scene, lam.target('hello'), scene.rounds(10, 2));
    await lam.quiet();
    const before = memoryKiB(lam.pid, 'VmRSS');
    const later = Date.now() + LATER_MS;
    let count = 0;
    while (count < wanted) count += 5 * (await closedAt(scene, queueing(lam.target('hello'), later), 5));
    const growthMiB = (memoryKiB(lam.pid, 'VmRSS') - before) / 1024;
    // The one event that is due when the daemon is back.
    const due = Date.now() + DUE_MS;
    const id = await queued(lam, queueing(lam.target('hello'), due));
    await lam.stopDaemon();
    await pause(due - Date.now());
    const began = performance.now();
    await lam.startDaemon();
    while ((await lam.control.invocation(id)).state !== 'COMPLETED') await pause(LOOK_MS);
    const firstMs = performance.now() - began;
    const notes = [`${Math.round(count / 1000)} thousand events`];
    return {
      findings: {
        'async-backlog-rss': { lam: [growthMiB], notes },
        'async-backlog-first': { lam: [firstMs], notes },
      },
    };
  } finally {
    await lam.dispose();
  }
}

/** Queues one event; returns its request id. */
async function queued(lam: Lam, target: Target): Promise<string> {
  const connection = await lam.connect();
  try {
    const answer = await connection.exchange(targetBytes(target));
    const id = headerOf(answer.head, INVOKE.requestId);
    if (answer.status !== 202 || id === undefined) throw new Error(`an event was answered ${answer.status}`);
    return id;
  } finally {
    connection.close();
  }
}

export const BACKGROUND_ROWS: readonly Row[] = [accept, drain, backlog];
