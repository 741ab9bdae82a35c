import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { LogFile, type QueryCursor } from './log-file.ts';
import type { FromWorker, LogWorkerData, ToWorker } from './messages.ts';

type Send = (message: FromWorker) => void;

/** Serves one {@link LogFile} by messages, in order. */
function main(port: MessagePort, { file: path, node, keepBytes }: LogWorkerData): void {
  const { file, setAside } = LogFile.open({ path, node, keepBytes });
  const send: Send = (message) => port.postMessage(message);
  const cursors = new Map<number, QueryCursor>();
  port.on('message', (message: ToWorker) => {
    if (message.type === 'write') {
      write(file, message, send);
      return;
    }
    try {
      ask(file, cursors, message, send);
    } catch (error) {
      cursors.delete(message.id);
      send({ type: 'failed', id: message.id, why: textOf(error) });
    }
    if (message.type === 'close') port.close();
  });
  if (setAside !== undefined) send({ type: 'set-aside', setAside });
}

function write(file: LogFile, { chunks, bytes, weight }: Extract<ToWorker, { type: 'write' }>, send: Send): void {
  try {
    send({ type: 'written', weight, failure: undefined, setAside: file.write(chunks, bytes) });
  } catch (error) {
    send({ type: 'written', weight, failure: textOf(error), setAside: undefined });
  }
  // Frees it now: V8 would let 64 MiB of them pile up before it collects them.
  bytes.buffer.transfer(0);
}

function ask(
  file: LogFile,
  cursors: Map<number, QueryCursor>,
  message: Exclude<ToWorker, { type: 'write' }>,
  send: Send,
): void {
  const { id } = message;
  const page = (from: QueryCursor): void => {
    const { records, cursor } = file.next(from);
    if (cursor === undefined) cursors.delete(id);
    else cursors.set(id, cursor);
    send({ type: 'records', id, records, done: cursor === undefined });
  };
  switch (message.type) {
    case 'query': {
      const { functionName, query } = message;
      if (query.lines === undefined) page(file.begin(functionName, query));
      else send({ type: 'records', id, records: file.newest(functionName, query, query.lines), done: true });
      return;
    }
    case 'more': {
      const cursor = cursors.get(id);
      if (cursor !== undefined) page(cursor);
      return;
    }
    case 'enough':
      cursors.delete(id);
      return;
    case 'delete':
      file.delete(message.functionName);
      send({ type: 'done', id });
      return;
    case 'sizes':
      send({ type: 'sizes', id, ...file.sizes() });
      return;
    case 'close':
      file.close();
      send({ type: 'done', id });
      return;
    default:
      message satisfies never;
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

if (parentPort !== null) main(parentPort, workerData as LogWorkerData);
