import type { ShortForms, TriggerConfig } from '../contract/index.ts';
import type { LamError } from '../errors/index.ts';
import type { TriggerStarter } from './running.ts';

/**
 * A kind of trigger: everything lam knows of it, in one value of one folder. All of it but {@link TriggerKind.load} is
 * data and pure functions, which the CLI loads too to check lam.yaml. Functions are given entries that passed the
 * schema.
 */
export interface TriggerKind<C extends TriggerConfig = TriggerConfig> {
  /** What entries have as `type:`. */
  readonly type: string;
  /** What messages call one: `route`, `schedule`. */
  readonly noun: string;
  readonly schema: TriggerSchema;
  readonly shortForm?: ShortForm<C>;
  /** For kinds of which two functions cannot have the same. */
  readonly exclusive?: Exclusive<C>;
  /** The name of an entry that gives none: short, and the same for as long as the trigger is meant to be the same. */
  nameOf(config: C): string;
  /** What is wrong with an entry that its schema can't say, or undefined. */
  fault(config: C): KindFault | undefined;
  /**
   * Loads what runs such triggers in the daemon, when the first of them goes live: import the running half and the
   * kind's packages here. Left out by kinds that another part of lam serves, as the edge serves `http`.
   */
  load?(): Promise<TriggerStarter<C>>;
}

/** One thing wrong with an entry. */
export interface KindFault {
  /** The setting it is about. */
  readonly key: string;
  /** In words to follow `the <noun> '<name>'`. */
  readonly fault: string;
}

/** Settings of a kind besides `type` and `name`: a part of JSON schema, from which lam.yaml's schema is made, too. */
export interface TriggerSchema {
  readonly description: string;
  readonly properties: Readonly<Record<string, SettingSchema>>;
  readonly required: readonly string[];
}

/** One setting, in the words of JSON schema (draft 07). */
export interface SettingSchema {
  readonly description: string;
  readonly type: 'string' | 'number' | 'integer' | 'boolean' | 'array';
  readonly enum?: readonly string[];
  readonly minLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  /** Of the items of an array. */
  readonly items?: { readonly type: 'string'; readonly minLength?: number };
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
}

/** A key of functions in lam.yaml whose list of strings stands for triggers of the kind. */
export interface ShortForm<C extends TriggerConfig> {
  readonly key: keyof ShortForms;
  readonly description: string;
  readonly examples: readonly (readonly string[])[];
  /** The entry that an item stands for. */
  expand(item: string): C;
  /** The item that stands for an entry. */
  itemOf(config: C): string;
}

/** What only one trigger of all functions may have. */
export interface Exclusive<C extends TriggerConfig> {
  /** Two entries with one key cannot both be live. */
  key(config: C): string;
  /** In words between two of them: `matches the same requests as`. */
  readonly clash: string;
  /** The error for one that is not made live because `theirs` is. */
  conflict(mine: Declared<C>, theirs: Declared<C>): LamError;
}

/** A trigger and whose it is. */
export interface Declared<C extends TriggerConfig = TriggerConfig> {
  readonly functionName: string;
  readonly config: C;
}
