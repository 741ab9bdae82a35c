import { LIMITS, type FunctionName } from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';
import type { Session } from '../../executor/index.ts';
import type { Clock } from '../../kit/index.ts';
import type { RunningProcess } from './running-process.ts';

/**
 * Waits for the bootstrap of a process to connect. Rejects with `LAM_DRIVER_START_FAILED` when the process ends first, or
 * after the longest time an init may take; then the process has ended.
 */
export async function firstWord<S extends Session>(
  connected: Promise<S>,
  running: RunningProcess,
  clock: Clock,
  functionName: FunctionName | '',
): Promise<S> {
  const limit = Promise.withResolvers<never>();
  const failed = (reason: string): void =>
    limit.reject(lamError('LAM_DRIVER_START_FAILED', { function: functionName, reason }));
  const cancel = clock.after(LIMITS.initMs, () => failed(`it was not ready within ${LIMITS.initMs / 1000} s`));
  void running.ended.then(({ code, signal }) => {
    const how = signal === null ? `exit status ${code}` : `signal ${signal}`;
    failed([`${how} before it was ready`, running.complaint()].filter(Boolean).join(': '));
  });
  limit.promise.catch(() => undefined);
  try {
    return await Promise.race([connected, limit.promise]);
  } catch (error) {
    running.kill('SIGKILL');
    await running.ended;
    throw error;
  } finally {
    cancel();
  }
}
