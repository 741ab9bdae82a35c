import type { InvokeAnswer, InvokeRequest, Router } from '../../src/router/index.ts';

/** Runs one request to its answer; rejects with the error it could not be run for. */
export function answerOf(router: Router, request: InvokeRequest): Promise<InvokeAnswer> {
  return new Promise((answered, failed) => router.start(request, { answered, failed }));
}
