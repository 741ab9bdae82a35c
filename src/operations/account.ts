import type { StateJournal } from '../store/index.ts';

/** What APIs of other products keep that belongs to no function, as JSON by key. Keys begin with the name of the API. */
export interface AccountOperations {
  /** Keys with a prefix, sorted. */
  keys(prefix: string): readonly string[];
  /** Undefined for none. */
  get(key: string): unknown;
  /** Replaces a value, or removes it if undefined. Resolves once that is durable; throws a `LAM_STORE_*` error. */
  set(key: string, value: unknown): Promise<void>;
}

/** Where it is kept. */
export interface AccountRooms {
  readonly store: { readonly apiStates: Pick<StateJournal, 'keys' | 'get' | 'set'> };
}

/** Implements {@link AccountOperations}. */
export function accountOperations({ store: { apiStates } }: AccountRooms): AccountOperations {
  return {
    keys: (prefix) =>
      apiStates
        .keys()
        .filter((key) => key.startsWith(prefix))
        .toSorted(),
    get: (key) => apiStates.get(key),
    set: (key, value) => apiStates.set(key, value),
  };
}
