import { access } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { DaemonOptions, ReplacedDaemon } from '../contract/index.ts';
import { probeDocker } from '../driver/index.ts';
import { isLamError, lamError } from '../errors/index.ts';
import { checkHome } from '../store/index.ts';
import { chooseDriver, needsProbe } from './choose-driver.ts';
import { listenOnPort, refuseOpenHost } from './listen.ts';

/**
 * Checks that a daemon could start with these options in place of the one that runs: address, port, driver, home and
 * the program's own files. Changes nothing. Throws the error that the start would fail with.
 */
export async function rehearseDaemon(options: DaemonOptions, replaced: ReplacedDaemon): Promise<void> {
  refuseOpenHost(options);
  chooseDriver(options.driver, needsProbe(options.driver) ? await probeDocker() : undefined);
  for (const file of [options.assets.folder, options.assets.logWorker, options.assets.queueWorker]) await present(file);
  await checkHome(options.home);
  await checkPort(options, replaced);
}

async function present(file: string): Promise<void> {
  await access(file).catch((error: unknown) => {
    throw lamError('LAM_DAEMON_FILE_MISSING', { file }, error);
  });
}

/** The port may be taken by the daemon that is replaced; then the address alone is tried. */
async function checkPort({ host, port }: DaemonOptions, replaced: ReplacedDaemon): Promise<void> {
  try {
    await tryPort(host, port);
  } catch (error) {
    const isTaken = isLamError(error) && error.code === 'LAM_DAEMON_PORT_TAKEN';
    if (!isTaken || port !== replaced.port || (error.details['pid'] ?? replaced.pid) !== replaced.pid)
      throw isTaken ? lamError('LAM_DAEMON_PORT_TAKEN', { ...error.details, port, isRestart: true }, error) : error;
    await tryPort(host, 0);
  }
}

async function tryPort(host: string, port: number): Promise<void> {
  const server = createServer();
  await listenOnPort(server, host, port);
  await new Promise((resolve) => server.close(resolve));
}
