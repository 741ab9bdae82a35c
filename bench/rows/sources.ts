import { AckPolicy, jetstream } from '@nats-io/jetstream';
import { BENCH_STREAM, startNats, type NatsBench } from '../floors/nats.ts';
import { HELLO } from '../lam/functions.ts';
import type { Lam } from '../lam/lam.ts';
import type { Row, RowResult } from '../row.ts';
import { interleave } from '../rounds.ts';
import type { Scene } from '../scene.ts';
import { findingOf, placed, rate } from './contest.ts';

const BATCH = 100;
const PARALLELISM = 2;
/** Messages that a trigger with these settings holds; the bare client takes as many ahead. */
const PREFETCH = 2 * BATCH * PARALLELISM;
const CONSUMER = 'lam-bench';
const TRIGGER = 'bench';

const consume: Row = {
  id: 'jetstream-consume',
  group: 'triggers',
  measures: [
    rate('jetstream-consume', `messages of JetStream run in batches of ${BATCH}`, 'a bare client that acknowledges', {
      value: 0.6,
      aim: 0.8,
    }),
  ],
  run: consumeRun,
};

async function consumeRun(scene: Scene): Promise<RowResult> {
  const count = scene.rounds(40_000, 4000);
  await using nats = await startNats(scene.folder);
  for (const [name, subject] of [
    [CONSUMER, 'bench.lam'],
    ['bare', 'bench.bare'],
  ] as const)
    await nats.manager.consumers.add(BENCH_STREAM, {
      durable_name: name,
      filter_subject: subject,
      ack_policy: AckPolicy.Explicit,
      max_ack_pending: PREFETCH,
    });
  await nats.manager.streams.add({ name: 'DEAD', subjects: ['dead.>'] });
  const lam = await scene.own('process');
  try {
    const trigger = {
      type: 'jetstream',
      name: TRIGGER,
      url: nats.url,
      stream: BENCH_STREAM,
      consumer: CONSUMER,
      batchSize: BATCH,
      parallelism: PARALLELISM,
      deadLetterSubject: 'dead.bench',
      subject: 'bench.lam',
    };
    await lam.deploy('consumer', HELLO, { triggers: [trigger] });
    await lam.invoke('consumer');
    const sides = [
      { name: 'lam', take: () => lamRate(nats, lam, count) },
      { name: 'floor', take: () => bareRate(nats, count) },
    ];
    const samples = await interleave(sides, { rounds: scene.rounds(7) });
    const notes = [...placed(scene, 'free'), `${count} messages a round, ${PREFETCH} at most ahead on both sides`];
    return { findings: { 'jetstream-consume': findingOf(samples, notes) } };
  } finally {
    await lam.dispose();
  }
}

/** Fills the stream while the trigger is paused; returns how many messages a second run after that. */
async function lamRate(nats: NatsBench, lam: Lam, count: number): Promise<number> {
  await lam.control.pauseTrigger('consumer', 'jetstream', TRIGGER, true);
  await nats.fill('bench.lam', count);
  const began = performance.now();
  await lam.control.pauseTrigger('consumer', 'jetstream', TRIGGER, false);
  await nats.drained(CONSUMER);
  return (count * 1000) / (performance.now() - began);
}

/** Messages that a client takes and acknowledges a second. */
async function bareRate(nats: NatsBench, count: number): Promise<number> {
  await nats.fill('bench.bare', count);
  const began = performance.now();
  const consumer = await jetstream(nats.client).consumers.get(BENCH_STREAM, 'bare');
  const messages = await consumer.consume({ max_messages: PREFETCH, callback: (message) => message.ack() });
  await nats.drained('bare');
  const perSecond = (count * 1000) / (performance.now() - began);
  await messages.close();
  return perSecond;
}

export const SOURCE_ROWS: readonly Row[] = [consume];
