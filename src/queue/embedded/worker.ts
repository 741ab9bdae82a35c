import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import type { FromQueueWorker, QueueWorkerData, ToQueueWorker } from './messages.ts';
import { failureOf, QueueFile } from './queue-file.ts';
import { packYield, unpackOperations } from './wire.ts';

/** Serves one {@link QueueFile} by messages, in order. */
function main(port: MessagePort, { file: path, retention }: QueueWorkerData): void {
  const file = new QueueFile(path, retention);
  port.on('message', (message: ToQueueWorker) => {
    if (message.type === 'close') {
      file.close();
      port.postMessage({ type: 'closed' } satisfies FromQueueWorker);
      port.close();
      return;
    }
    const answer = run(file, message);
    port.postMessage(answer, answer.yielded?.buffers ?? []);
    // Frees them now: V8 would let many of them pile up before it collects them.
    for (const buffer of message.operations.buffers) buffer.transfer(0);
  });
}

function run(
  file: QueueFile,
  { now, operations }: Extract<ToQueueWorker, { type: 'batch' }>,
): Extract<FromQueueWorker, { type: 'done' }> {
  try {
    const yielded = packYield(file.run(now, unpackOperations(operations)));
    return { type: 'done', yielded, failure: undefined, setAside: file.takeSetAside() };
  } catch (error) {
    return { type: 'done', yielded: undefined, failure: failureOf(error), setAside: file.takeSetAside() };
  }
}

if (parentPort !== null) main(parentPort, workerData as QueueWorkerData);
