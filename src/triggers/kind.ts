import type { ShortForms, ShortItem, TriggerConfig, FunctionName } from '../contract/index.ts';
import type { LamError } from '../errors/index.ts';
import type { EpochMs } from '../kit/index.ts';
import type { TriggerStarter } from './running.ts';

/**
 * A kind of trigger, exported by its folder. Everything except {@link TriggerKind.load} is data and pure functions,
 * which the CLI also loads to check lam.yaml. The functions are called only with entries that are valid by `schema`.
 */
export interface TriggerKind<C extends TriggerConfig = TriggerConfig> {
  /** Value of `type:` in entries. */
  readonly type: string;
  /** Noun for such a trigger in messages: `route`, `schedule`. */
  readonly noun: string;
  readonly schema: TriggerSchema;
  readonly shortForm?: ShortForm<C>;
  /**
   * Settings that entries take over from the map of this kind's type at the top level of lam.yaml, unless they have
   * their own. Each is in `schema` too.
   */
  readonly inherited?: readonly string[];
  /** Settings whose text counts as it is, also where it contains `${NAME}`. */
  readonly literal?: readonly string[];
  /** Present if two functions cannot have the same trigger. */
  readonly exclusive?: Exclusive<C>;
  /**
   * Default name of an entry. Must be stable: it is part of events' identities, and a new name restarts the trigger.
   */
  nameOf(config: C): string;
  /** Present if requests at URLs of the HTTP port invoke the function. */
  endpoint?(config: C): Endpoint;
  /** Folders and files of the function's source that an entry needs in the package. */
  filesOf?(config: C): readonly string[];
  /** Returns the first fault that the schema cannot express, or undefined. */
  fault(config: C): KindFault | undefined;
  /**
   * Returns a fault that an entry has at `now` if it is new to its function, for instance a time that is past. Entries of
   * the live version may have it, and those of a version to which a rollback leads.
   */
  newFault?(config: C, now: EpochMs): KindFault | undefined;
  /**
   * Imports the running half of the kind, with its npm packages. Called in the daemon when the first such trigger goes
   * live. Absent in kinds that another room serves, as the edge serves `http`.
   */
  load?(): Promise<TriggerStarter<C>>;
}

/** Where requests of the HTTP port reach a trigger. */
export interface Endpoint {
  /** `ANY` for all, `GET|POST` for several. */
  readonly method: string;
  /** The host name that it answers to, the first of several; undefined: all. */
  readonly host: string | undefined;
  /** Begins with `/`; may have parameters: `/users/{id}`. */
  readonly path: string;
  /** Requests are checked here, so that the function no longer answers at its own URL, where they would not be. */
  readonly closesOwnUrl: boolean;
}

/** A fault of an entry. */
export interface KindFault {
  /** The faulty setting. */
  readonly key: string;
  /** Words to follow `the <noun> '<name>'`. */
  readonly fault: string;
}

/** Settings of a kind besides `type` and `name`. A subset of JSON schema; lam.yaml's schema includes it. */
export interface TriggerSchema {
  readonly description: string;
  readonly properties: Readonly<Record<string, SettingSchema>>;
  readonly required: readonly string[];
}

/** What a value may look like, as in JSON schema (draft 07). */
export interface ValueSchema {
  /** Several: the value may have any of the types, and each keyword applies to values of its type. */
  readonly type: SettingType | readonly SettingType[];
  readonly enum?: readonly string[];
  readonly minLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  /** Least number of items of an array. */
  readonly minItems?: number;
  /** Items of an array. */
  readonly items?: ValueSchema;
  /** Named members of an object. */
  readonly properties?: Readonly<Record<string, SettingSchema>>;
  readonly required?: readonly string[];
  /** Other members of an object; `false` for none, `true` for any. Every schema of an object must say so. */
  readonly additionalProperties?: boolean | ValueSchema;
}

export type SettingType = 'string' | 'number' | 'integer' | 'boolean' | 'array' | 'object';

/** One setting. */
export interface SettingSchema extends ValueSchema {
  readonly description: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
}

/**
 * A key in lam.yaml whose list stands for triggers of the kind. An item is a text, or a map: the entry without its type.
 */
export interface ShortForm<C extends TriggerConfig> {
  readonly key: keyof ShortForms;
  readonly description: string;
  readonly examples: readonly (readonly ShortItem[])[];
  /** Returns the entry that an item stands for. */
  expand(item: ShortItem): C;
  /** Settings that an entry's name shows. */
  readonly inName: readonly string[];
  /** Returns the item that stands for an entry, without loss: a text if that says everything. */
  itemOf(config: C): ShortItem;
}

/** Mutual exclusion of triggers across all functions. */
export interface Exclusive<C extends TriggerConfig> {
  /** Two entries that have a key in common cannot both be live. */
  keys(config: C): readonly string[];
  /** Words between two conflicting entries: `matches the same requests as`. */
  readonly clash: string;
  /** Returns the error for `mine`, which cannot go live because `theirs` is live. */
  conflict(mine: Declared<C>, theirs: Declared<C>): LamError;
}

/** A trigger and its function. */
export interface Declared<C extends TriggerConfig = TriggerConfig> {
  readonly functionName: FunctionName;
  readonly config: C;
}
