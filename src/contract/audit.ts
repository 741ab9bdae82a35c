/** How a request ended: it changed something, it failed to, or it was refused. */
export const AUDIT_OUTCOMES = ['done', 'failed', 'refused'] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];

/** Who asked for something. */
export interface AuditActor {
  /**
   * `key`: an API key; `token`: the daemon's token; `socket`: who may open the owner's socket; `local`: a program of
   * this machine, without keys; `unknown`: nobody that lam knows.
   */
  readonly kind: 'key' | 'token' | 'socket' | 'local' | 'unknown';
  /** Name of the key or of the user; an access key id that no key has; empty if not known. */
  readonly name: string;
}

/** A change or a refusal. Without payloads, secrets and queries. */
export interface AuditEntry {
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly who: AuditActor;
  /** The wire API that was used. */
  readonly api: string;
  /** `versions.publish`, AWS's name of an operation, or method and path. */
  readonly operation: string;
  /** What the API was asked for, where its name for it differs from `operation`: AWS's `DeleteFunction`, lam's `functions.delete`. */
  readonly request?: string;
  /** The function that it is about, if it is about one. */
  readonly function?: string;
  /** What else it is about: a version, an alias, a key. */
  readonly target?: string;
  /** Address and port of the client, or `socket`. */
  readonly from: string;
  readonly outcome: AuditOutcome;
  /** Code of the error. */
  readonly code?: string;
  /** How many alike, in a minute with so many refusals or failures that they are not noted one by one. */
  readonly count?: number;
}

/** Which entries to show. */
export interface AuditQuery {
  /** Milliseconds since the epoch. */
  readonly since?: number;
  /** Name of a key. */
  readonly key?: string;
  readonly function?: string;
  readonly outcome?: AuditOutcome;
  /** Only so many of the newest. */
  readonly lines?: number;
}

/** Whether an entry is one of those that a query asks for, whatever its `lines`. Pure. */
export function isAsked(entry: AuditEntry, query: AuditQuery): boolean {
  return (
    (query.since === undefined || Date.parse(entry.time) >= query.since) &&
    (query.key === undefined || (entry.who.kind === 'key' && entry.who.name === query.key)) &&
    (query.function === undefined || entry.function === query.function) &&
    (query.outcome === undefined || entry.outcome === query.outcome)
  );
}
