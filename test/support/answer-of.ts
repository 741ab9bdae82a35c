import type { InvokeAnswer, InvokeRequest, Router } from '../../src/router/index.ts';

/** Runs one request; resolves with its answer, or rejects with the error that prevented it from running. */
export function answerOf(router: Router, request: InvokeRequest): Promise<InvokeAnswer> {
  return new Promise((answered, failed) => router.start(request, { answered, failed }));
}
