import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import type { FromQueueWorker, OperationResults, OperationName, QueueWorkerData, ToQueueWorker } from './messages.ts';
import { failureOf, QueueFile } from './queue-file.ts';

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
    port.postMessage(answer, buffersOf(answer.results ?? []));
    for (const operation of message.operations) {
      // Frees it now: V8 would let many of them pile up before it collects them.
      if (operation.name === 'enqueue') (operation.event.event.buffer as ArrayBuffer).transfer(0);
    }
  });
}

function run(
  file: QueueFile,
  { now, operations }: Extract<ToQueueWorker, { type: 'batch' }>,
): Extract<FromQueueWorker, { type: 'done' }> {
  try {
    const { results, notices } = file.run(now, operations);
    return { type: 'done', results, failure: undefined, notices, setAside: file.takeSetAside() };
  } catch (error) {
    const notices = { ready: [], finished: [] };
    const failure = failureOf(error);
    return { type: 'done', results: undefined, failure, notices, setAside: file.takeSetAside() };
  }
}

/** Buffers of events, to be moved instead of copied. */
function buffersOf(results: readonly OperationResults[OperationName][]): ArrayBuffer[] {
  const buffers: ArrayBuffer[] = [];
  for (const result of results) {
    if (typeof result !== 'object' || !('events' in result) || !Array.isArray(result.events)) continue;
    for (const { event } of result.events) if (event.byteLength > 0) buffers.push(event.buffer as ArrayBuffer);
  }
  return buffers;
}

if (parentPort !== null) main(parentPort, workerData as QueueWorkerData);
