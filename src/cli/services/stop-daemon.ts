import type { Status } from '../../contract/index.ts';
import { isLamError, lamError } from '../../errors/index.ts';
import { processGone, type Connection } from '../../client/index.ts';
import type { CommandContext } from '../command-context.ts';

/** Longer than a daemon waits for its invocations (ms). */
const STOP_MS = 60_000;

/**
 * Asks the daemon to drain and waits at most `limitMs` for its exit. Resolves with its last status, or undefined if
 * none ran. Throws `LAM_CLI_STOP_TIMED_OUT`.
 */
export async function stopDaemon(context: CommandContext, limitMs: number = STOP_MS): Promise<Status | undefined> {
  const found = await runningDaemon(context);
  if (found === undefined) return undefined;
  await found.client.daemon.stop();
  if (await processGone(found.status.pid, limitMs)) return found.status;
  throw lamError('LAM_CLI_STOP_TIMED_OUT', { pid: found.status.pid, seconds: limitMs / 1000 });
}

/** The daemon that runs, of any version; undefined for none. */
export async function runningDaemon(context: CommandContext): Promise<Connection | undefined> {
  return context.connect({ mayStart: false, anyVersion: true }).catch((error: unknown) => {
    if (isLamError(error) && error.code === 'LAM_CLIENT_DAEMON_NOT_RUNNING') return undefined;
    throw error;
  });
}
