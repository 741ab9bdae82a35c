import type { BehaviourName } from '../behaviours/list.ts';
import type { ParityPlace } from '../place.ts';

/** The drivers of the suite. */
export type ParityDriver = 'process' | 'docker';

/** Why a runtime does a behaviour in another way, or not at all. */
export interface Difference {
  /** A sentence for the table's notes. */
  readonly note: string;
  /** What is tested in place of the behaviour; without it nothing is. */
  readonly instead?: (place: ParityPlace) => Promise<void>;
}

/** How errors of the function look in the answer. */
export interface ErrorShape {
  /** `errorType` of the error that `fail` throws. */
  readonly type: string | RegExp;
  /** Member with the stack trace, a list that is not empty; null where the client sends none. */
  readonly trace: string | null;
  /** `errorType` where loading fails by an error: the error's own, or `Runtime.ExitError` where the process just ends. */
  readonly initType: string | RegExp;
  /** `errorType` of a result that cannot be turned into JSON. */
  readonly unserialisableType: string | RegExp;
}

/** A runtime in the suite and in the table of docs/runtimes.md. */
export interface ParityRuntime {
  /** Name of the entry, its fixture's folder and its test file: `ruby`. */
  readonly name: string;
  /** Head of its column: `Ruby`. */
  readonly title: string;
  /** Settings of lam.yaml for all functions of the fixture: `runtime`, and what else it needs (`handler`, `build`). */
  readonly settings: Readonly<Record<string, unknown>> & { readonly runtime: string };
  /** Memory of its functions (MiB); 256 unless it needs more. */
  readonly memoryMiB?: number;
  /** The drivers that can run it; the note says why not the other one. Both if undefined. */
  readonly onlyWith?: { readonly driver: ParityDriver; readonly note: string };
  /** Resolves with why it cannot run on this machine; undefined where it can. Asked once, when its test file starts. */
  missing(): Promise<string | undefined>;
  /** Variables for `lam`, beside those of every test: caches of build tools. */
  readonly variables?: () => Promise<Readonly<Record<string, string>>>;
  /** Prepares the copy of the fixture before the first deploy, beyond what `lam deploy` builds. */
  readonly prepare?: (folder: string) => Promise<void>;
  /** The handler of `stream`, where a handler streams always or never. */
  readonly streamingHandler?: string;
  readonly errors: ErrorShape;
  /** Members that the language's context does not have. */
  readonly contextWithout?: readonly string[];
  /** Behaviours that differ. Those of the list that are not named here are tested as they are. */
  readonly differs: Readonly<Partial<Record<BehaviourName, Difference>>>;
}
