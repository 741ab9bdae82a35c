import { AckPolicy, jetstream } from '@nats-io/jetstream';
import { BENCH_STREAM, startNats, type NatsBench } from '../floors/nats.ts';
import { startRabbitmq, type RabbitmqBench } from '../floors/rabbitmq.ts';
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
  const resumed = lam.control.pauseTrigger('consumer', 'jetstream', TRIGGER, false);
  // Without the start of the trigger, which writes to the disk that it is not paused any more.
  await nats.begun(CONSUMER, count);
  const began = performance.now();
  await nats.drained(CONSUMER);
  const perSecond = (count * 1000) / (performance.now() - began);
  await resumed;
  return perSecond;
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

/** Queues of both sides. */
const QUEUES = { lam: 'bench-lam', bare: 'bench-bare' } as const;

const rabbitmq: Row = {
  id: 'rabbitmq-consume',
  group: 'triggers',
  measures: [
    rate('rabbitmq-consume', `messages of RabbitMQ run in batches of ${BATCH}`, 'a bare client that acknowledges', {
      value: 0.6,
      aim: 0.8,
    }),
  ],
  run: rabbitmqRun,
};

async function rabbitmqRun(scene: Scene): Promise<RowResult> {
  const count = scene.rounds(40_000, 4000);
  await using broker = await startRabbitmq(scene.folder);
  for (const queue of [...Object.values(QUEUES), `${QUEUES.lam}.dead`]) await broker.fill(queue, 0);
  const lam = await scene.own('process');
  try {
    const trigger = {
      type: 'rabbitmq',
      name: TRIGGER,
      url: broker.url,
      queue: QUEUES.lam,
      deadLetterQueue: `${QUEUES.lam}.dead`,
      batchSize: BATCH,
      parallelism: PARALLELISM,
    };
    await lam.deploy('consumer', HELLO, { triggers: [trigger] });
    await lam.invoke('consumer');
    const sides = [
      { name: 'lam', take: () => rabbitmqLamRate(broker, lam, count) },
      { name: 'floor', take: () => rabbitmqBareRate(broker, count) },
    ];
    const samples = await interleave(sides, { rounds: scene.rounds(7) });
    const notes = [...placed(scene, 'free'), `${count} messages a round, ${PREFETCH} at most ahead on both sides`];
    return { findings: { 'rabbitmq-consume': findingOf(samples, notes) } };
  } finally {
    await lam.dispose();
  }
}

/** As {@link lamRate}. */
async function rabbitmqLamRate(broker: RabbitmqBench, lam: Lam, count: number): Promise<number> {
  await lam.control.pauseTrigger('consumer', 'rabbitmq', TRIGGER, true);
  await broker.fill(QUEUES.lam, count);
  const resumed = lam.control.pauseTrigger('consumer', 'rabbitmq', TRIGGER, false);
  const perSecond = await deliveredRate(broker, QUEUES.lam, count);
  await resumed;
  return perSecond;
}

async function rabbitmqBareRate(broker: RabbitmqBench, count: number): Promise<number> {
  await broker.fill(QUEUES.bare, count);
  const channel = await broker.client.createChannel();
  await channel.prefetch(PREFETCH);
  await channel.consume(QUEUES.bare, (message) => {
    if (message !== null) channel.ack(message);
  });
  const perSecond = await deliveredRate(broker, QUEUES.bare, count);
  await channel.close();
  return perSecond;
}

/** Messages that a queue delivers a second, from those that a consumer takes unacknowledged on. */
async function deliveredRate(broker: RabbitmqBench, queue: string, count: number): Promise<number> {
  await broker.downTo(queue, count - PREFETCH);
  const began = performance.now();
  await broker.downTo(queue, 0);
  return ((count - PREFETCH) * 1000) / (performance.now() - began);
}

export const SOURCE_ROWS: readonly Row[] = [consume, rabbitmq];
