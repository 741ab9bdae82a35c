import type { Reclaimed } from '../contract/index.ts';
import type { ArtifactSource, SandboxDriver } from '../driver/index.ts';
import type { Clock } from '../kit/index.ts';
import { LogStore } from '../logs/index.ts';
import { EmbeddedQueue, type InvocationQueue } from '../queue/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { AuditFile } from './audit-file.ts';
import { CATALOGUE_FACTS } from './catalogue-facts.ts';
import type { DaemonLog } from './daemon-log.ts';
import { outputPassed } from './large-bodies.ts';

/** Limit of stored log records per function (bytes). */
const KEEP_LOG_BYTES = 64 * 1024 * 1024;

/** A driver and why it was chosen, in one sentence. */
export interface ChosenDriver {
  readonly driver: SandboxDriver;
  readonly reason: string;
}

/** Resources that a daemon opens before its composition and closes last. */
export interface Resources {
  readonly store: Store;
  readonly logs: LogStore;
  readonly queue: InvocationQueue;
  readonly audit: AuditFile;
  readonly chosen: ChosenDriver;
  /** Leftovers of an earlier daemon of the same home that were removed. */
  readonly reclaimed: Reclaimed;
  /** Closes all of it in reverse order. */
  close(): Promise<void>;
}

/** Options of {@link openResources}. */
export interface ResourceOptions {
  readonly home: string;
  /** Scripts of threads. */
  readonly workers: { readonly logs: string; readonly queue: string };
  readonly clock: Clock;
  readonly openDriver: (artifacts: ArtifactSource) => Promise<ChosenDriver>;
  readonly onTrouble: DaemonLog;
}

/**
 * Opens the store, the logs, the queue and a driver, and reclaims what a killed daemon left. Throws their errors, and then leaves
 * nothing open.
 */
export async function openResources(options: ResourceOptions): Promise<Resources> {
  const { clock, onTrouble } = options;
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const closeOne of closers.toReversed()) await closeOne();
  };
  try {
    const store = await openStore(options.home, {
      clock,
      facts: CATALOGUE_FACTS,
      onTrouble,
    });
    closers.push(() => store.close());
    const audit = new AuditFile({ folder: store.paths.audit, clock, onTrouble });
    closers.push(() => audit.close());
    const logs = LogStore.open({
      file: `${store.paths.logs}/logs.db`,
      worker: options.workers.logs,
      node: store.nodeId,
      clock,
      keepBytes: KEEP_LOG_BYTES,
      onTrouble,
      onSent: outputPassed,
    });
    closers.push(() => logs.close());
    const queue = EmbeddedQueue.open({
      file: `${store.paths.queue}/queue.db`,
      worker: options.workers.queue,
      clock,
      onTrouble,
    });
    closers.push(() => queue.close());
    const chosen = await options.openDriver(store.artifacts);
    closers.push(() => chosen.driver.close());
    const left = await chosen.driver.reclaim();
    return { store, logs, queue, audit, chosen, reclaimed: { ...left, files: left.files + store.reclaimed }, close };
  } catch (error) {
    await close();
    throw error;
  }
}
