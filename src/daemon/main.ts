import { availableParallelism, totalmem } from 'node:os';
import type { DaemonOptions } from '../contract/index.ts';
import { oneToken } from '../edge/index.ts';
import { lamError } from '../errors/index.ts';
import { systemClock } from '../kit/index.ts';
import { TRIGGER_KINDS } from '../triggers/index.ts';
import { connectionCaps, descriptorLimit } from './connection-caps.ts';
import { composeDaemon, type DaemonSetup } from './compose.ts';
import { stderrLog } from './daemon-log.ts';
import { isLoopbackAddress } from './listen.ts';
import { openDriver } from './open-driver.ts';
import { openResources, type Resources } from './resources.ts';
import { waitForStop } from './stop.ts';

/** Time limit of running invocations after a request to stop (ms). */
const DRAIN_MS = 30_000;
/** Default share of the machine's memory for the sum of all sandboxes' limits, 0 to 1. */
const MEMORY_SHARE = 0.8;

/**
 * Runs a daemon until SIGTERM, SIGINT or a stop request on the control API; resolves to its exit code. Throws if it
 * cannot start, and then leaves nothing behind.
 */
export async function runDaemon(options: DaemonOptions): Promise<number> {
  if (!isLoopbackAddress(options.host) && options.token === undefined)
    throw lamError('LAM_DAEMON_TOKEN_NEEDED', { host: options.host });
  const resources = await openResources({
    home: options.home,
    logWorker: options.assets.logWorker,
    clock: systemClock,
    openDriver: (artifacts) => openDriver(options, artifacts, systemClock),
    onTrouble: stderrLog,
  });
  try {
    const stopping = waitForStop();
    const daemon = composeDaemon(setupOf(options, resources, stopping.stop));
    try {
      await daemon.start();
      options.onReady(daemon.status());
      await stopping.stopped;
    } finally {
      await daemon.close(DRAIN_MS);
    }
  } finally {
    await resources.close();
  }
  return 0;
}

function setupOf(options: DaemonOptions, resources: Resources, stop: () => void): DaemonSetup {
  return {
    resources,
    clock: systemClock,
    version: options.version,
    host: options.host,
    port: options.port,
    access: { tokens: oneToken(options.token), open: !isLoopbackAddress(options.host) },
    caps: connectionCaps(descriptorLimit()),
    allowedHosts: options.allowedHosts ?? [],
    memoryBudgetMiB: options.memoryMiB ?? Math.floor((totalmem() / 1024 / 1024) * MEMORY_SHARE),
    cores: availableParallelism(),
    triggerKinds: TRIGGER_KINDS,
    stop,
    onTrouble: stderrLog,
  };
}
