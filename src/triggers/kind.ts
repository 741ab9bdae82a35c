import type { ShortForms, TriggerConfig, FunctionName } from '../contract/index.ts';
import type { LamError } from '../errors/index.ts';
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
  /** Present if two functions cannot have the same trigger. */
  readonly exclusive?: Exclusive<C>;
  /**
   * Default name of an entry. Must be stable: it is part of events' identities, and a new name restarts the trigger.
   */
  nameOf(config: C): string;
  /** Returns the first fault that the schema cannot express, or undefined. */
  fault(config: C): KindFault | undefined;
  /**
   * Imports the running half of the kind, with its npm packages. Called in the daemon when the first such trigger goes
   * live. Absent in kinds that another room serves, as the edge serves `http`.
   */
  load?(): Promise<TriggerStarter<C>>;
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

/** One setting, as in JSON schema (draft 07). */
export interface SettingSchema {
  readonly description: string;
  readonly type: 'string' | 'number' | 'integer' | 'boolean' | 'array';
  readonly enum?: readonly string[];
  readonly minLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  /** Items of an array. */
  readonly items?: { readonly type: 'string'; readonly minLength?: number };
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
}

/** A key in lam.yaml whose list of strings stands for triggers of the kind. */
export interface ShortForm<C extends TriggerConfig> {
  readonly key: keyof ShortForms;
  readonly description: string;
  readonly examples: readonly (readonly string[])[];
  /** Returns the entry that an item stands for. */
  expand(item: string): C;
  /** Returns the item that stands for an entry. */
  itemOf(config: C): string;
}

/** Mutual exclusion of triggers across all functions. */
export interface Exclusive<C extends TriggerConfig> {
  /** Two entries with the same key cannot both be live. */
  key(config: C): string;
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
