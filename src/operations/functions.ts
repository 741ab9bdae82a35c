import type { ForeignFacts, FunctionDetail, FunctionSummary, OwnUrlSettings, FunctionName } from '../contract/index.ts';
import type { LogStore } from '../logs/index.ts';
import { setOwnUrl, type Expectation, type Registry, type TaggedPart } from '../registry/index.ts';

/** Functions as a whole. */
export interface FunctionOperations {
  /** All functions, by name. */
  list(): readonly FunctionSummary[];
  /** The names of all functions, sorted. */
  names(): readonly FunctionName[];
  /**
   * Takes a text for a function's name; does not look whether the function exists. Throws
   * `LAM_REGISTRY_FUNCTION_NOT_FOUND` if the text has not the form of one.
   */
  named(text: string): FunctionName;
  /** Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND`. */
  detail(name: FunctionName): FunctionDetail;
  /**
   * A text that changes whenever a part of a function does, and is the same after a restart; undefined for what does not
   * exist.
   */
  tag(name: FunctionName, part: TaggedPart): string | undefined;
  /**
   * Runs `work`, whose changes throw `LAM_REGISTRY_STALE` where a part of a function is not as expected when they are
   * made.
   */
  expecting<T>(expectation: Expectation, work: () => Promise<T>): Promise<T>;
  /**
   * Changes what APIs of other products keep of a function. `change` is given what they keep so far, and may throw to
   * refuse; it may be called again. Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND`.
   */
  changeForeign(name: FunctionName, change: (before: ForeignFacts) => ForeignFacts): Promise<void>;
  /** Sets who may call a function at its own URL, or at that of an alias. Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND`. */
  setOwnUrl(name: FunctionName, change: OwnUrlChange): Promise<void>;
  /**
   * Removes a function with its versions, aliases and logs; its sandboxes end. A later function of the same name
   * continues with the next version number. Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND`.
   */
  remove(name: FunctionName): Promise<void>;
}

/** A change of a function's own URL, with what an API keeps of it: both are made, or neither. */
export interface OwnUrlChange {
  /** An alias; empty for the function itself. */
  readonly qualifier: string;
  readonly settings: OwnUrlSettings;
  /** As for {@link FunctionOperations.changeForeign}. */
  readonly foreign: (before: ForeignFacts) => ForeignFacts;
}

/** Rooms that these operations use. */
export interface FunctionRooms {
  readonly registry: Registry;
  readonly logs: LogStore;
}

/** Implements {@link FunctionOperations}. */
export function functionOperations({ registry, logs }: FunctionRooms): FunctionOperations {
  return {
    list: () => registry.list(),
    names: () => [...registry.names()].toSorted(),
    named: (text) => registry.named(text),
    detail: (name) => registry.detail(name),
    tag: (name, part) => registry.tag(name, part),
    expecting: (expectation, work) => registry.expecting(expectation, work),
    changeForeign: (name, change) =>
      registry.changeRecord(name, (record) => {
        record.foreign = change(record.foreign ?? {});
      }),
    setOwnUrl: (name, { qualifier, settings, foreign }) =>
      registry.changeRecord(name, (record) => {
        record.foreign = foreign(record.foreign ?? {});
        setOwnUrl(record, qualifier, settings);
      }),
    async remove(name) {
      await registry.deleteFunction(name);
      // The logs follow changes of the registry anyway; deleting them here waits for that and reports a failure to the
      // caller.
      await logs.delete(name);
    },
  };
}
