import type { LamError } from '../errors/index.ts';

/** What a refusal by a limit says in HTTP headers and to AWS clients. */
interface LimitNotice {
  /** AWS's reason. */
  readonly reason: string;
  /** Fields of draft-ietf-httpapi-ratelimit-headers, alternating names and values. */
  readonly headers: readonly string[];
}

const DAY_SECONDS = 86_400;

/** The reason that AWS gives where no limit of a function was met. */
const OTHER_REASON = 'ConcurrentInvocationLimitExceeded';

const NOTICES: Readonly<Record<string, (details: Record<string, number>) => LimitNotice>> = {
  LAM_LIMITS_RATE: (details) => ({
    reason: 'FunctionInvocationRateLimitExceeded',
    headers: ofRate('function', details),
  }),
  LAM_LIMITS_ROUTE_RATE: (details) => ({
    reason: 'FunctionInvocationRateLimitExceeded',
    headers: ofRate('route', details),
  }),
  LAM_LIMITS_QUOTA: ({ quota = 0, retryAfterMs: ms = 0 }) => ({
    reason: 'CallerRateLimitExceeded',
    headers: [
      ...['RateLimit-Policy', `"api-key";q=${quota};w=${DAY_SECONDS}`],
      ...['RateLimit', `"api-key";r=0;t=${Math.max(1, Math.ceil(ms / 1000))}`],
    ],
  }),
  LAM_LIMITS_RESERVED: ({ reserved = 0 }) => ({
    reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    headers: ['RateLimit-Policy', `"reserved";q=${reserved};qu="concurrent-requests"`, 'RateLimit', '"reserved";r=0'],
  }),
};

/** The `Reason` of a `TooManyRequestsException`. Pure. */
export function throttleReason(error: LamError): string {
  return noticeOf(error)?.reason ?? OTHER_REASON;
}

/**
 * `RateLimit-Policy` and `RateLimit` of a refusal by a limit, alternating names and values; none for other errors. The
 * window of a bucket is the time in which it fills. Pure.
 */
export function rateLimitFields(error: LamError): readonly string[] {
  return noticeOf(error)?.headers ?? [];
}

/** Time until a retry may succeed (ms); undefined if it is not known. Pure. */
export function retryAfterMs({ details }: LamError): number | undefined {
  const { retryAfterMs: ms } = details;
  return typeof ms === 'number' ? ms : undefined;
}

function noticeOf({ code, details }: LamError): LimitNotice | undefined {
  return NOTICES[code]?.(details as Record<string, number>);
}

function ofRate(policy: string, { perSecond = 1, burst = 1, retryAfterMs: ms = 0 }: Record<string, number>): string[] {
  const window = Math.max(1, Math.ceil(burst / perSecond));
  return [
    'RateLimit-Policy',
    `"${policy}";q=${burst};w=${window}`,
    'RateLimit',
    `"${policy}";r=0;t=${Math.max(1, Math.ceil(ms / 1000))}`,
  ];
}
