import { lamError } from '../../../errors/index.ts';
import type { Clock } from '../../../kit/index.ts';

/** Time-out of one answer of the engine (ms); a busy one takes seconds to start a container. */
const ENGINE_MS = 60_000;

/**
 * Adds a time-out to a call of dockerode; rejects with `LAM_DRIVER_DOCKER_UNREACHABLE`. Needed for every call:
 * dockerode never settles one whose connection breaks within the response.
 */
export function answerOf<T>(asked: Promise<T>, clock: Clock): Promise<T> {
  const limit = Promise.withResolvers<never>();
  const cancel = clock.after(ENGINE_MS, () => {
    limit.reject(
      lamError('LAM_DRIVER_DOCKER_UNREACHABLE', { reason: `it did not answer within ${ENGINE_MS / 1000} s` }),
    );
  });
  return Promise.race([asked, limit.promise]).finally(cancel);
}
