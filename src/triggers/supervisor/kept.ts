import { messageOf } from '../../errors/index.ts';
import type { EpochMs } from '../../kit/index.ts';
import type { KeptEntries, KeptState } from '../running.ts';
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
  let last: Promise<void> | undefined;
  let settled = Promise.resolve();
  const write = (entry: string, value: unknown): void => {
    const written = states.set(entry, value);
    // Changes that are written together fail together, and are reported once.
    if (written === last) return;
    last = written;
    const reported = written.catch((error: unknown) => {
      const { name, functionName } = identity;
      onTrouble(`what trigger '${name}' of '${functionName}' keeps could not be stored: ${messageOf(error)}`);
    });
    settled = Promise.all([settled, reported]).then(() => undefined);
  };
  const entries: KeptEntries = {
    all: () => new Map(entriesOf(identity, states).map(([entry, name]) => [name, String(states.get(entry))])),
    set: (name, text) => write(entryKey(identity, name), text),
  };
  return {
    own: {
      get: () => states.get(`${OWN}${key}`),
      set: (value) => write(`${OWN}${key}`, value),
      entries,
      settled: () => settled,
    },
    pause: () => states.get(`${PAUSE}${key}`) as PauseRecord | undefined,
    setPause: (record) => states.set(`${PAUSE}${key}`, record),
    drop: () => {
      write(`${OWN}${key}`, undefined);
      write(`${PAUSE}${key}`, undefined);
      for (const [entry] of entriesOf(identity, states)) write(entry, undefined);
    },
  };
}

const OWN = 'state ';
const PAUSE = 'pause ';
/** Before the JSON of identity and name of an entry, as one list. */
const ENTRY = 'entry ';

function entryKey({ functionName, type, name }: TriggerIdentity, entry: string): string {
  return `${ENTRY}${JSON.stringify([functionName, type, name, entry])}`;
}

/** Keys and names of a trigger's entries. */
function entriesOf(identity: TriggerIdentity, states: TriggerStates): readonly (readonly [string, string])[] {
  const start = `${ENTRY}${triggerKey(identity).slice(0, -1)},`;
  return states
    .keys()
    .filter((key) => key.startsWith(start))
    .map((key) => [key, (JSON.parse(key.slice(ENTRY.length)) as string[])[3] ?? '']);
}

/** The trigger that a key belongs to. */
function ownerOf(key: string): string {
  if (!key.startsWith(ENTRY)) return key.slice(OWN.length);
  return JSON.stringify((JSON.parse(key.slice(ENTRY.length)) as string[]).slice(0, 3));
}

/** Identifies a trigger in one text. */
export function triggerKey({ functionName, type, name }: TriggerIdentity): string {
  return JSON.stringify([functionName, type, name]);
}

/** Removes what triggers keep that are not among `live`. */
export function dropOthers(live: ReadonlySet<string>, { states, onTrouble }: Keeping): void {
  for (const key of states.keys()) {
    if (live.has(ownerOf(key))) continue;
    states.set(key, undefined).catch((error: unknown) => onTrouble(`old state of triggers stays: ${messageOf(error)}`));
  }
}
