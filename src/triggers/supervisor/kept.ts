import { messageOf } from '../../errors/index.ts';
import type { EpochMs } from '../../kit/index.ts';
import type { KeptState } from '../running.ts';
import type { FunctionName } from '../../contract/index.ts';

/** Identifies a trigger among all functions. */
export interface TriggerIdentity {
  readonly functionName: FunctionName;
  readonly type: string;
  readonly name: string;
}

/** JSON values by key, durable; implemented by the store. */
export interface TriggerStates {
  keys(): readonly string[];
  get(key: string): unknown;
  /** Sets a value, or removes it if undefined; reads return it at once. Resolves when it is durable. */
  set(key: string, value: unknown): Promise<void>;
}

/** Where triggers keep values, and who is told when that fails. */
export interface Keeping {
  /** What triggers keep. */
  readonly states: TriggerStates;
  /** Reports a fault of a trigger, as a sentence. */
  readonly onTrouble: (what: string) => void;
}

/** Whether a trigger is paused. */
export interface PauseRecord {
  readonly isPaused: boolean;
  /** When it was paused (milliseconds since the epoch). */
  readonly since: EpochMs;
  /** When it was last resumed. */
  readonly resumedAt?: EpochMs;
}

/** What is kept of one trigger. */
export interface Kept {
  /** Value of the trigger itself. */
  readonly own: KeptState;
  pause(): PauseRecord | undefined;
  /** Resolves when it is durable; rejects with a `LAM_STORE_*` error. */
  setPause(record: PauseRecord): Promise<void>;
  /** Removes both. */
  drop(): void;
}

/** Returns what is kept of a trigger. */
export function keptOf(identity: TriggerIdentity, { states, onTrouble }: Keeping): Kept {
  const key = triggerKey(identity);
  const write = (entry: string, value: unknown): void => {
    states.set(entry, value).catch((error: unknown) => {
      const { name, functionName } = identity;
      onTrouble(`what trigger '${name}' of '${functionName}' keeps could not be stored: ${messageOf(error)}`);
    });
  };
  return {
    own: { get: () => states.get(`${OWN}${key}`), set: (value) => write(`${OWN}${key}`, value) },
    pause: () => states.get(`${PAUSE}${key}`) as PauseRecord | undefined,
    setPause: (record) => states.set(`${PAUSE}${key}`, record),
    drop: () => {
      write(`${OWN}${key}`, undefined);
      write(`${PAUSE}${key}`, undefined);
    },
  };
}

const OWN = 'state ';
const PAUSE = 'pause ';

/** Identifies a trigger in one text. */
export function triggerKey({ functionName, type, name }: TriggerIdentity): string {
  return JSON.stringify([functionName, type, name]);
}

/** Removes what triggers keep that are not among `live`. */
export function dropOthers(live: ReadonlySet<string>, { states, onTrouble }: Keeping): void {
  for (const key of states.keys()) {
    if (live.has(key.slice(OWN.length))) continue;
    states.set(key, undefined).catch((error: unknown) => onTrouble(`old state of triggers stays: ${messageOf(error)}`));
  }
}
