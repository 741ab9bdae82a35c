/**
 * Kinds of failures. The kind alone decides the exit code of the CLI and the HTTP status of the daemon.
 */
export const KINDS = {
  invalid_argument: { exit: 2, http: 400 },
  not_found: { exit: 4, http: 404 },
  /** The path exists, but not for this HTTP method. */
  method_not_allowed: { exit: 2, http: 405 },
  already_exists: { exit: 1, http: 409 },
  failed_precondition: { exit: 1, http: 412 },
  /** The caller must say who it is, or did so wrongly. */
  unauthenticated: { exit: 1, http: 401 },
  permission_denied: { exit: 1, http: 403 },
  too_large: { exit: 2, http: 413 },
  resource_exhausted: { exit: 9, http: 429 },
  deadline_exceeded: { exit: 6, http: 504 },
  cancelled: { exit: 130, http: 499 },
  /** The daemon cannot be reached, or is stopping. */
  unavailable: { exit: 3, http: 503 },
  /** An engine, toolchain or image that this work needs is not on the machine. */
  tool_missing: { exit: 7, http: 424 },
  /** The author's build, the artifact it made, or the start of its code failed. */
  build_failed: { exit: 8, http: 422 },
  /** The machine lacks a resource or refused it to lam. */
  host_failure: { exit: 1, http: 507 },
  internal: { exit: 1, http: 500 },
} as const;

export type Kind = keyof typeof KINDS;

/** Who can resolve a failure. */
export type Fault = 'caller' | 'function' | 'host' | 'lam';

/** Exit codes that do not come from a {@link Kind}: the outcome of a function is a value, not an error of lam. */
export const EXIT = {
  ok: 0,
  functionError: 5,
  functionTimeout: 6,
  throttled: 9,
  interrupted: 130,
  terminated: 143,
} as const;
