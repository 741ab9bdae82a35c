import { lamError } from '../../../errors/index.ts';
import type { Clock } from '../../../kit/index.ts';

/** Patience with one answer of the engine; a busy one takes seconds to start a container. */
const ENGINE_MS = 60_000;

/**
 * What dockerode was asked for, or `LAM_DRIVER_DOCKER_UNREACHABLE` after a minute. Needed for every call, because
 * dockerode never settles one whose connection breaks within the answer.
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
