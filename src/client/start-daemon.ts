import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { closedHome, makeHome, type StartReport, type Status } from '../contract/index.ts';
import { errnoOf, fromWire, isLamError, lamError } from '../errors/index.ts';

/** How to run a daemon in the background. */
export interface DaemonLaunch {
  readonly home: string;
  /** Program and arguments. The program reads its settings from `env` and reports on file descriptor 3. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Called with what the start changed besides. */
  readonly note?: (line: string) => void;
}

/** File that receives stdout and stderr of a background daemon. */
export function daemonLog(home: string): string {
  return join(home, 'daemon.log');
}

/**
 * Starts a daemon that outlives this process and resolves when it accepts requests. The daemon reports success or
 * failure as one {@link StartReport} on a pipe, so nothing is polled. Rejects with the daemon's own error, or with
 * `LAM_CLIENT_DAEMON_START_FAILED` when it ended without a report.
 */
export async function startDaemon(launch: DaemonLaunch): Promise<Status> {
  const log = daemonLog(launch.home);
  const report = await runDetached(launch, log);
  if (!report.ok) throw fromWire(report.error);
  if (report.status === null) throw lamError('LAM_CLIENT_DAEMON_START_FAILED', { log, what: 'it only rehearsed' });
  return report.status;
}

/** Runs a launch whose task is a rehearsal. Rejects with the error that a start would fail with. */
export async function rehearseStart(launch: DaemonLaunch): Promise<void> {
  const report = await runDetached(launch, daemonLog(launch.home));
  if (!report.ok) throw fromWire(report.error);
}

async function runDetached(launch: DaemonLaunch, log: string): Promise<StartReport> {
  const [program = '', ...args] = launch.command;
  const out = openLog(launch, log);
  const child = spawn(program, args, {
    detached: true,
    // The daemon's working folder is not the caller's, which could otherwise not be unmounted.
    cwd: launch.home,
    env: launch.env,
    stdio: ['ignore', out, out, 'pipe'],
  });
  closeSync(out);
  const pipe = child.stdio[3] as Readable;
  try {
    return await new Promise<StartReport>((resolve, reject) => {
      let text = '';
      let ended = 'it ended without a report';
      pipe.setEncoding('utf8');
      pipe.on('data', (chunk: string) => {
        text += chunk;
        const line = text.indexOf('\n');
        if (line >= 0) resolve(JSON.parse(text.slice(0, line)) as StartReport);
      });
      child.on('error', (error) =>
        reject(lamError('LAM_CLIENT_DAEMON_START_FAILED', { log, what: error.message }, error)),
      );
      child.on('exit', (code, signal) => {
        ended = signal === null ? `it exited with code ${code ?? 0}` : `it was ended by ${signal}`;
      });
      child.on('close', () => reject(lamError('LAM_CLIENT_DAEMON_START_FAILED', { log, what: ended })));
    });
  } finally {
    pipe.destroy();
    child.unref();
  }
}

const NO_SPACE: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

function openLog({ home, note }: Pick<DaemonLaunch, 'home' | 'note'>, log: string): number {
  try {
    const wasOpen = makeHome(home);
    if (wasOpen !== undefined) note?.(closedHome(home, wasOpen));
    return openSync(log, 'a', 0o600);
  } catch (error) {
    if (isLamError(error)) throw error;
    if (NO_SPACE.has(errnoOf(error) ?? '')) throw lamError('LAM_STORE_DISK_FULL', { path: log }, error);
    throw lamError('LAM_CLIENT_HOME_NOT_WRITABLE', { home, what: (error as Error).message }, error);
  }
}
