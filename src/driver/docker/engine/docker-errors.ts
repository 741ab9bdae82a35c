import { isLamError, lamError, type LamError } from '../../../errors/index.ts';
import { member } from './engine-http.ts';

/** What lam was about when Docker failed. */
export interface DockerWork {
  readonly socketPath: string;
  /** The function a sandbox was made for, where one was. */
  readonly functionName: string;
  /** The image in question, where there is one. */
  readonly image: string | null;
}

/** Errors of a connection that there is no engine behind, or that it broke off. */
const GONE: ReadonlySet<unknown> = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTSOCK']);

/** The one place where an error of dockerode or of the engine becomes one of lam's. Those of lam pass. */
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

/** There was no engine to answer, or it took too long. */
function isUnreachable(thrown: unknown): boolean {
  const name = member(thrown, 'name');
  return GONE.has(member(thrown, 'code')) || name === 'AbortError' || name === 'TimeoutError';
}

/** Whether the engine may have done what it was asked for, though it did not say so: it was reached, and did not refuse. */
export function mayBeDone(thrown: unknown): boolean {
  const status = member(thrown, 'statusCode');
  // Of the server's errors some are those of a proxy, which knows no more than the one who asks.
  return typeof status === 'number' ? status >= 500 : member(thrown, 'syscall') !== 'connect';
}

/** The engine knows no such thing. */
export function isMissing(thrown: unknown): boolean {
  return member(thrown, 'statusCode') === 404;
}

/** What the engine said, in its own words, without dockerode's frame around it. */
export function reasonOf(thrown: unknown): string {
  const text = member(member(thrown, 'json'), 'message') ?? member(thrown, 'message') ?? thrown;
  return String(text).trim();
}
