import { CONTROL, type AuditEntry, type AuditQuery } from '../contract/index.ts';
import { parametersOf } from './parameters.ts';
import type { Ask } from './transport.ts';

/** Calls for the audit log. */
export interface AuditCalls {
  /** Entries, oldest first; with `follow` also new ones, until the signal aborts or the reader stops. */
  audit(
    query: AuditQuery & { readonly follow?: boolean },
    signal?: AbortSignal,
  ): AsyncGenerator<AuditEntry, void, void>;
}

/** @param stream yields the lines of an answer */
export function auditCalls(stream: <T>(ask: Ask) => AsyncGenerator<T, void, void>): AuditCalls {
  return {
    audit: (query, signal) => {
      const path = `${CONTROL.audit}?${parametersOf({ ...query })}`;
      return stream<AuditEntry>({ method: 'GET', path, ...(signal === undefined ? {} : { signal }) });
    },
  };
}
