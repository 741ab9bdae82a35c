import type { KafkaMessage } from './kafka-record.ts';

/** Where a partition is to be read from next, for its group. */
export interface GroupOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly leaderEpoch: number;
}

/** The records of a partition that were taken since it was assigned. */
interface Partition {
  /** Taken and not settled. */
  readonly open: Set<KafkaMessage>;
  /** Offset behind the last one that was taken. */
  next: bigint;
  /** Offset up to which all are settled. */
  settled: bigint;
}

/**
 * Which records of the assigned partitions are settled. An offset moves only over records that are: those behind one
 * that still runs wait for it. Pure.
 */
export class Offsets {
  readonly #partitions = new Map<string, Partition>();

  /** Takes a record; false if it was taken before, as records are read again after each rebalance. */
  take(message: KafkaMessage): boolean {
    const { offset } = message.record;
    const known = this.#partitions.get(message.key);
    if (known !== undefined && offset < known.next) return false;
    const partition = known ?? { open: new Set<KafkaMessage>(), next: offset, settled: offset };
    partition.open.add(message);
    partition.next = offset + 1n;
    this.#partitions.set(message.key, partition);
    return true;
  }

  /** Settles records; returns the positions that move. Those of partitions that were lost count no more. */
  settle(messages: readonly KafkaMessage[]): readonly GroupOffset[] {
    const touched = new Map<string, KafkaMessage>();
    for (const message of messages)
      if (this.#partitions.get(message.key)?.open.delete(message) === true) touched.set(message.key, message);
    return [...touched].flatMap(([key, { record }]) => {
      const partition = this.#partitions.get(key);
      if (partition === undefined) return [];
      const [first] = partition.open;
      const offset = first?.record.offset ?? partition.next;
      if (offset <= partition.settled) return [];
      partition.settled = offset;
      return [{ topic: record.topic, partition: record.partition, offset, leaderEpoch: -1 }];
    });
  }

  /** Forgets the partitions that are not among `assigned`, `topic-partition` each. */
  keep(assigned: ReadonlySet<string>): void {
    for (const key of this.#partitions.keys()) if (!assigned.has(key)) this.#partitions.delete(key);
  }

  /** Offset behind the last record that was taken of a partition; undefined if none was. */
  nextOf(key: string): bigint | undefined {
    return this.#partitions.get(key)?.next;
  }
}
