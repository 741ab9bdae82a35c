import { isDeepStrictEqual } from 'node:util';
import type { TriggerConfig, FunctionName } from '../../contract/index.ts';
import type { Declared } from '../kind.ts';

/** Source of live triggers; implemented by the registry. */
export interface TriggerSource {
  names(): Iterable<FunctionName>;
  /** Triggers of the live version; empty if the function does not exist. */
  triggersOf(name: FunctionName): readonly TriggerConfig[];
  /** Calls `listener` after each change of a function. */
  onChange(listener: (change: { readonly name: FunctionName }) => void): void;
}

/** The triggers of all live versions, kept up to date with their source. No memory for functions without triggers. */
export class DeployedTriggers {
  readonly #source: TriggerSource;
  readonly #triggers = new Map<FunctionName, readonly TriggerConfig[]>();
  readonly #listeners: ((functionName: FunctionName) => void)[] = [];
  #revision = 0;

  constructor(source: TriggerSource) {
    this.#source = source;
    for (const name of source.names()) this.#refresh(name);
    source.onChange(({ name }) => this.#refresh(name));
  }

  /** Changes with every change of a trigger. */
  get revision(): number {
    return this.#revision;
  }

  /** Names of the functions with triggers. */
  names(): Iterable<FunctionName> {
    return this.#triggers.keys();
  }

  /** Triggers of a function; the same array until one of them changes. */
  of(functionName: FunctionName): readonly TriggerConfig[] {
    return this.#triggers.get(functionName) ?? NONE;
  }

  /** All triggers of a kind, sorted by function name and then as declared. */
  ofType(type: string): readonly Declared[] {
    return [...this.#triggers.keys()]
      .toSorted()
      .flatMap((functionName) => this.of(functionName).map((config) => ({ functionName, config })))
      .filter(({ config }) => config.type === type);
  }

  /** Calls `listener` with the name of a function with triggers after it changed, also where its triggers did not. */
  onChange(listener: (functionName: FunctionName) => void): void {
    this.#listeners.push(listener);
  }

  #refresh(name: FunctionName): void {
    const triggers = this.#source.triggersOf(name);
    const before = this.of(name);
    if (triggers.length === 0 && before.length === 0) return;
    if (!isDeepStrictEqual(triggers, before)) {
      if (triggers.length === 0) this.#triggers.delete(name);
      else this.#triggers.set(name, triggers);
      this.#revision++;
    }
    for (const listener of this.#listeners) listener(name);
  }
}

const NONE: readonly TriggerConfig[] = [];
