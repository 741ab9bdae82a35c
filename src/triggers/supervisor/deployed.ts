import { isDeepStrictEqual } from 'node:util';
import type { TriggerConfig } from '../../contract/index.ts';
import type { Declared } from '../kind.ts';

/** Where live triggers are read from; the registry is one. */
export interface TriggerSource {
  names(): Iterable<string>;
  /** Of the live version; empty where there is no such function. */
  triggersOf(name: string): readonly TriggerConfig[];
  /** Calls `listener` after each change of a function. */
  onChange(listener: (change: { readonly name: string }) => void): void;
}

/** The triggers of all live versions, in step with their source. Keeps nothing of functions without triggers. */
export class DeployedTriggers {
  readonly #source: TriggerSource;
  readonly #triggers = new Map<string, readonly TriggerConfig[]>();
  readonly #listeners: ((functionName: string) => void)[] = [];
  #revision = 0;

  constructor(source: TriggerSource) {
    this.#source = source;
    for (const name of source.names()) this.#refresh(name);
    source.onChange(({ name }) => this.#refresh(name));
  }

  /** Another number after each change of any trigger. */
  get revision(): number {
    return this.#revision;
  }

  /** Functions that have triggers. */
  names(): Iterable<string> {
    return this.#triggers.keys();
  }

  /** The triggers of a function; the same list until one of them changes. */
  of(functionName: string): readonly TriggerConfig[] {
    return this.#triggers.get(functionName) ?? NONE;
  }

  /** All of one kind, by function name and then as declared. */
  ofType(type: string): readonly Declared[] {
    return [...this.#triggers.keys()]
      .toSorted()
      .flatMap((functionName) => this.of(functionName).map((config) => ({ functionName, config })))
      .filter(({ config }) => config.type === type);
  }

  /** Calls `listener` with the function's name after its triggers changed. */
  onChange(listener: (functionName: string) => void): void {
    this.#listeners.push(listener);
  }

  #refresh(name: string): void {
    const triggers = this.#source.triggersOf(name);
    if (isDeepStrictEqual(triggers, this.of(name))) return;
    if (triggers.length === 0) this.#triggers.delete(name);
    else this.#triggers.set(name, triggers);
    this.#revision++;
    for (const listener of this.#listeners) listener(name);
  }
}

const NONE: readonly TriggerConfig[] = [];
