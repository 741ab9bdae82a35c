import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LogQuery, LogRecord } from '../../src/contract/index.ts';
import { systemClock } from '../../src/kit/index.ts';
import { LogStore } from '../../src/logs/index.ts';

/** The script of the log thread. */
export const LOG_WORKER: string = fileURLToPath(new URL('../../src/logs/worker.ts', import.meta.url));

/** Id of the node whose logs they are, unless a test says otherwise. */
export const NODE = '0123456789ab';

/** A real log store with its real thread on a file in a folder of its own. */
export interface LogHouse extends AsyncDisposable {
  readonly folder: string;
  readonly file: string;
  /** What the store said about keeping logs. */
  readonly troubles: string[];
  logs: LogStore;
  /** Closes the store and opens another on the same file. */
  reopen(): Promise<void>;
}

export async function logHouse(
  options: { readonly keepBytes?: number; readonly file?: string; readonly node?: string } = {},
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

/** All records a query gives. */
export async function recordsOf(logs: LogStore, functionName: string, query: LogQuery = {}): Promise<LogRecord[]> {
  const all: LogRecord[] = [];
  await logs.query(functionName, query, (records) => void all.push(...records));
  return all;
}
