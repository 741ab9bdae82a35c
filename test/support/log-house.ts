import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LogQuery, LogRecord, NodeId } from '../../src/contract/index.ts';
import { systemClock } from '../../src/kit/index.ts';
import { LogStore } from '../../src/logs/index.ts';
import { nodeId, asFunctionName } from './ids.ts';

/** Script of the log store's worker thread. */
export const LOG_WORKER: string = fileURLToPath(new URL('../../src/logs/worker.ts', import.meta.url));

/** Node id of the stores that tests open, unless given. */
export const NODE = nodeId('0123456789ab');

/** A log store with its worker thread, in a temporary folder. */
export interface LogHouse extends AsyncDisposable {
  readonly folder: string;
  readonly file: string;
  /** The failures that the store reported. */
  readonly troubles: string[];
  logs: LogStore;
  /** Closes the store and opens a new one on the same file. */
  reopen(): Promise<void>;
}

export async function logHouse(
  options: { readonly keepBytes?: number; readonly file?: string; readonly node?: NodeId } = {},
): Promise<LogHouse> {
  const folder = await mkdtemp(join(tmpdir(), 'lam-logs-'));
  const file = options.file ?? join(folder, 'logs.db');
  const troubles: string[] = [];
  const open = (): LogStore =>
    LogStore.open({
      file,
      worker: LOG_WORKER,
      node: options.node ?? NODE,
      clock: systemClock,
      keepBytes: options.keepBytes ?? 1024 * 1024,
      onTrouble: (what) => void troubles.push(what),
    });
  const house: LogHouse = {
    folder,
    file,
    troubles,
    logs: open(),
    async reopen() {
      await house.logs.close();
      house.logs = open();
    },
    async [Symbol.asyncDispose]() {
      await house.logs.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return house;
}

/** Returns all records of a query. */
export async function recordsOf(logs: LogStore, functionName: string, query: LogQuery = {}): Promise<LogRecord[]> {
  const all: LogRecord[] = [];
  await logs.query(asFunctionName(functionName), query, (records) => void all.push(...records));
  return all;
}
