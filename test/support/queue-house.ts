import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EmbeddedQueue } from '../../src/queue/index.ts';
import type { InvocationQueue, QueuedEvent } from '../../src/queue/queue.ts';
import type { Retention } from '../../src/queue/embedded/messages.ts';
import { asFunctionName, asRequestId } from './ids.ts';
import { VirtualClock } from './virtual-clock.ts';

/** Script of the queue's worker thread. */
export const QUEUE_WORKER: string = fileURLToPath(new URL('../../src/queue/embedded/worker.ts', import.meta.url));

/** A queue in a temporary folder. */
export interface QueueHouse extends AsyncDisposable {
  readonly folder: string;
  readonly file: string;
  readonly clock: VirtualClock;
  /** What the queue reported. */
  readonly troubles: string[];
  queue: InvocationQueue;
  /** Closes the queue and opens a new one on the same file. */
  reopen(): Promise<void>;
}

export async function queueHouse(
  options: { readonly retention?: Retention; readonly file?: string } = {},
): Promise<QueueHouse> {
  const folder = await mkdtemp(join(tmpdir(), 'lam-queue-'));
  const file = options.file ?? join(folder, 'queue.db');
  const clock = new VirtualClock();
  const troubles: string[] = [];
  const open = (): EmbeddedQueue =>
    EmbeddedQueue.open({
      file,
      worker: QUEUE_WORKER,
      clock,
      ...(options.retention === undefined ? {} : { retention: options.retention }),
      onTrouble: (what) => void troubles.push(what),
    });
  const house: QueueHouse = {
    folder,
    file,
    clock,
    troubles,
    queue: open(),
    async reopen() {
      await house.queue.close();
      house.queue = open();
    },
    async [Symbol.asyncDispose]() {
      await house.queue.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return house;
}

/** When events expire, far ahead of every virtual clock (ms since the epoch). */
const FAR = 1e13;

/** An event for `functionName`, whose text is its id. */
export function queued(id: string, functionName = 'f', more: Partial<QueuedEvent> = {}): QueuedEvent {
  return {
    id: asRequestId(id),
    functionName: asFunctionName(functionName),
    event: Buffer.from(id),
    origin: { kind: 'call' },
    expiresAt: FAR,
    ...more,
  };
}
