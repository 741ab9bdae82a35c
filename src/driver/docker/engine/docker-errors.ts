import { isLamError, lamError, type LamError } from '../../../errors/index.ts';
import { member } from './engine-http.ts';
import type { FunctionName } from '../../../contract/index.ts';

/** What lam was doing when Docker failed. */
export interface DockerWork {
  readonly socketPath: string;
  /** The function of the sandbox; empty without one. */
  readonly functionName: FunctionName | '';
  /** The image in use, or null. */
  readonly image: string | null;
}

/** Connection errors: no engine listens, or it closed the connection. */
const GONE: ReadonlySet<unknown> = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTSOCK']);

/** Converts an error of dockerode or the engine into one of the catalogue; passes errors of the catalogue through. */
export function dockerError(thrown: unknown, work: DockerWork): LamError {
  if (isLamError(thrown)) return thrown;
  const reason = reasonOf(thrown);
  if (isUnreachable(thrown))
    return lamError('LAM_DRIVER_DOCKER_UNREACHABLE', { reason: `${work.socketPath}: ${reason}` }, thrown);
  const code = member(thrown, 'code');
  if (code === 'EACCES' || code === 'EPERM')
    return lamError('LAM_DRIVER_DOCKER_DENIED', { socket: work.socketPath }, thrown);
  if (isMissing(thrown) && work.image !== null && /image/i.test(reason)) {
    return lamError('LAM_DRIVER_IMAGE_MISSING', { image: work.image, reason }, thrown);
  }
  return lamError('LAM_DRIVER_START_FAILED', { function: work.functionName, reason }, thrown);
}

/** No engine answered, or not in time. */
export function isUnreachable(thrown: unknown): boolean {
  const name = member(thrown, 'name');
  return GONE.has(member(thrown, 'code')) || name === 'AbortError' || name === 'TimeoutError';
}

/** Whether the engine may have carried out the request although it failed: it was reached and did not refuse. */
export function mayBeDone(thrown: unknown): boolean {
  const status = member(thrown, 'statusCode');
  // Gateway errors come from a proxy and say nothing about the engine.
  return typeof status === 'number' ? status >= 500 : member(thrown, 'syscall') !== 'connect';
}

/** The engine answered 404. */
export function isMissing(thrown: unknown): boolean {
  return member(thrown, 'statusCode') === 404;
}

/** The engine's own message, without the text that dockerode adds. */
export function reasonOf(thrown: unknown): string {
  const text = member(member(thrown, 'json'), 'message') ?? member(thrown, 'message') ?? thrown;
  return String(text).trim();
}
