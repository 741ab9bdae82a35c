import { availableParallelism, totalmem } from 'node:os';
import type { DaemonOptions } from '../contract/index.ts';
import { oneToken } from '../edge/index.ts';
import { asLamError, type LamError } from '../errors/index.ts';
import { systemClock } from '../kit/index.ts';
import { TRIGGER_KINDS } from '../triggers/index.ts';
import { AccessLogFile } from './access-log-file.ts';
import { connectionCaps, descriptorLimit } from './connection-caps.ts';
import { composeDaemon, type DaemonSetup } from './compose.ts';
import { stderrLog } from './daemon-log.ts';
import { watchHome } from './home-watch.ts';
import { closeInheritedFiles } from './inherited-files.ts';
import { isLoopbackAddress, refuseOpenHost } from './listen.ts';
import { openDriver } from './open-driver.ts';
import { openResources, type Resources } from './resources.ts';
import { waitForStop } from './stop.ts';

export { rehearseDaemon } from './rehearse.ts';

/** Time limit of running invocations after a request to stop (ms). */
const DRAIN_MS = 30_000;
/** Default share of the machine's memory for the sum of all sandboxes' limits, 0 to 1. */
const MEMORY_SHARE = 0.8;

/** The same, when its home is gone and nothing that it does can be kept (ms). */
const GONE_DRAIN_MS = 1000;

/**
 * Runs a daemon until SIGTERM, SIGINT or a stop request on the control API; resolves to its exit code. Throws if it
 * cannot start, and then leaves nothing behind; and `LAM_DAEMON_HOME_GONE` once it has ended because its home did.
 */
export async function runDaemon(options: DaemonOptions): Promise<number> {
  refuseOpenHost(options);
  try {
    return await serve(options);
  } catch (error) {
    throw asLamError(error);
  }
}

async function serve(options: DaemonOptions): Promise<number> {
  closeInheritedFiles();
  const resources = await openResources({
    home: options.home,
    workers: { logs: options.assets.logWorker, queue: options.assets.queueWorker },
    clock: systemClock,
    openDriver: (artifacts) => openDriver(options, artifacts, systemClock),
    onTrouble: stderrLog,
  });
  const { home: folder, accessLog: format } = options;
  const accessLog =
    format === undefined ? undefined : new AccessLogFile({ folder, format, clock: systemClock, onTrouble: stderrLog });
  try {
    const stopping = waitForStop();
    const daemon = composeDaemon({
      ...setupOf(options, resources, stopping.stop),
      ...(accessLog === undefined ? {} : { accessLog }),
    });
    let gone: LamError | undefined;
    const unwatch = watchHome(resources.store.paths, systemClock, (reason) => {
      gone = reason;
      stderrLog(reason.message);
      stopping.stop();
    });
    try {
      await daemon.start();
      options.onReady(daemon.status());
      await stopping.stopped;
    } finally {
      unwatch();
      await (gone === undefined ? daemon.close(DRAIN_MS) : daemon.close(GONE_DRAIN_MS, true));
    }
    if (gone !== undefined) throw gone;
  } finally {
    await accessLog?.close();
    await resources.close();
  }
  return 0;
}

/** The credentials of AWS's own variables, for the services that the daemon was told of. */
function credentialsIn({
  AWS_ACCESS_KEY_ID: accessKeyId = '',
  AWS_SECRET_ACCESS_KEY: secretAccessKey = '',
  AWS_SESSION_TOKEN: sessionToken = '',
}: NodeJS.ProcessEnv): Pick<DaemonSetup, 'awsKeys'> {
  if (accessKeyId === '' || secretAccessKey === '') return {};
  const token = sessionToken === '' ? {} : { sessionToken };
  return { awsKeys: { accessKeyId, secretAccessKey, ...token } };
}

function setupOf(options: DaemonOptions, resources: Resources, stop: () => void): DaemonSetup {
  return {
    resources,
    clock: systemClock,
    version: options.version,
    build: options.build,
    host: options.host,
    port: options.port,
    access: { tokens: oneToken(options.token), open: !isLoopbackAddress(options.host) },
    caps: connectionCaps(descriptorLimit()),
    allowedHosts: options.allowedHosts ?? [],
    ...(options.glambdar === undefined ? {} : { glambdar: options.glambdar }),
    ...(options.aws === undefined ? {} : { aws: options.aws }),
    ...credentialsIn(process.env),
    ...(options.miniLambda === undefined ? {} : { miniLambda: options.miniLambda }),
    asked: {
      ...(options.driver === 'auto' ? {} : { driver: options.driver }),
      ...(options.memoryMiB === undefined ? {} : { memoryMiB: options.memoryMiB }),
    },
    memoryBudgetMiB: options.memoryMiB ?? Math.floor((totalmem() / 1024 / 1024) * MEMORY_SHARE),
    cores: availableParallelism(),
    triggerKinds: TRIGGER_KINDS,
    stop,
    onTrouble: stderrLog,
  };
}
