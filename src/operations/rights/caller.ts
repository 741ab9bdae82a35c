import {
  namesFunction,
  type ApiKeyDetail,
  type AuditActor,
  type AuditEntry,
  type AuditQuery,
  type KeyRights,
  type KeyScope,
} from '../../contract/index.ts';
import { lamError, type LamError } from '../../errors/index.ts';

/** Who asks for an operation, and what it may ask for. */
export interface ApiCaller {
  readonly actor: AuditActor;
  /** The wire API that it uses. */
  readonly api: string;
  /** Address and port of the client, or `socket`. */
  readonly from: string;
  /** What it asks the API for, where that has a name for it. */
  readonly request?: string;
  /** What its key allows; absent for the owner, who may do everything. */
  readonly rights?: KeyRights;
  /** Its key, where it has one. */
  readonly key?: ApiKeyDetail;
}

/** Where changes and refusals are noted. */
export interface AuditSink {
  /** Notes an entry, later. Never throws, never blocks. */
  note(entry: Omit<AuditEntry, 'time'>): void;
}

/** Reads what was noted. */
export interface AuditOperations {
  /** Entries that a query asks for, oldest first. Throws a `LAM_STORE_*` error of reading. */
  query(query: AuditQuery): Promise<readonly AuditEntry[]>;
  /** Passes on each new entry that a query asks for, until the returned function is called. */
  follow(query: AuditQuery, onEntry: (entry: AuditEntry) => void): () => void;
}

/** What is asked for. */
export interface RightsDemand {
  /** `versions.publish`, or AWS's name of an operation. */
  readonly operation: string;
  /** Scopes of which one is enough; `admin` always is. */
  readonly scopes: readonly KeyScope[];
  /** The function that it is about. */
  readonly functionName?: string | undefined;
  /** Whether it is about functions in general, so that a key for some of them does not allow it. */
  readonly isWide?: boolean | undefined;
}

/** Whether a caller may ask for something of a function. */
export function reaches({ rights }: ApiCaller, functionName: string): boolean {
  return rights === undefined || namesFunction(rights.functions, functionName);
}

/** Returns why a caller may not do what it asks for, or undefined. Pure. */
export function rightsRefusal(caller: ApiCaller, demand: RightsDemand): LamError | undefined {
  const { rights, actor } = caller;
  if (rights === undefined) return undefined;
  const { operation, scopes, functionName, isWide = false } = demand;
  const hasScope = rights.scopes.includes('admin') || scopes.some((scope) => rights.scopes.includes(scope));
  const isReached =
    functionName === undefined ? !isWide || rights.functions.length === 0 : reaches(caller, functionName);
  if (hasScope && isReached) return undefined;
  return lamError('LAM_OPERATIONS_NOT_ALLOWED', {
    key: actor.name,
    operation,
    scopes: rights.scopes,
    wanted: scopes,
    functions: rights.functions,
    isScope: !hasScope,
    ...(functionName === undefined ? {} : { name: functionName }),
  });
}

/** What is noted of a caller that asks for an operation; the name that the API has for it where it is another one. */
export function callerFacts(
  caller: ApiCaller,
  operation?: string,
): Pick<AuditEntry, 'who' | 'api' | 'from' | 'request'> {
  const { actor, api, from, request } = caller;
  return { who: actor, api, from, ...(request === undefined || request === operation ? {} : { request }) };
}
