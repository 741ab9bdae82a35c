import type { Digest, ForeignFacts, FunctionDetail, FunctionName, VersionInfo } from '../../../contract/index.ts';
import type { Operations } from '../../../operations/index.ts';

/** The name of this API among those that keep facts. */
const API = 'aws-lambda';

/** Author of the versions that this API makes. */
export const AUTHOR = 'AWS API';

/** The image of a version. */
export interface ImageFacts {
  readonly uri: string;
  /** The engine's id: `sha256:...`. */
  readonly id: string;
  /** Of the version that it was made for. */
  readonly artifact: Digest;
  /** AWS's `ImageConfig`. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** What AWS has of a version and lam has not, as AWS's answers show it. */
export interface VersionFacts {
  readonly Role?: string;
  /** Whether an environment was given, which is then shown even if it is empty. */
  readonly hasEnvironment?: boolean;
  /** Of a function that is an image. */
  readonly image?: ImageFacts;
  /** Further members of a function's configuration. */
  readonly shown?: Readonly<Record<string, unknown>>;
}

/** What AWS has of an event source mapping and lam's trigger has not. */
export interface MappingFacts {
  /** The trigger that does its work, as `TYPE:NAME`. */
  readonly trigger: string;
  /** Seconds since the epoch. */
  readonly modified: number;
  /** Members of the configuration as they were given. */
  readonly shown: Readonly<Record<string, unknown>>;
  readonly tags?: Readonly<Record<string, string>>;
}

/** What AWS has of a function and lam has not. */
export interface FunctionFacts {
  readonly tags?: Readonly<Record<string, string>>;
  /** By number: versions that were published with this API, and those that were deleted while they are live. */
  readonly versions?: Readonly<Record<string, { readonly description?: string; readonly isDeleted?: boolean }>>;
  /** Event source mappings by UUID. */
  readonly mappings?: Readonly<Record<string, MappingFacts>>;
  /** Descriptions of aliases. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Statements of resource policies by qualifier; the empty one for none. */
  readonly policies?: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
  /** Configurations that are only returned, by kind and qualifier. */
  readonly kept?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
}

/** Returns the facts of a version. */
export function versionFacts({ foreign }: Pick<VersionInfo, 'foreign'>): VersionFacts {
  return foreign?.[API] ?? {};
}

/** Returns the facts of a function. */
export function functionFacts({ foreign }: Pick<FunctionDetail, 'foreign'>): FunctionFacts {
  return foreign?.[API] ?? {};
}

/** Returns facts as lam keeps them. */
export function asForeign(facts: VersionFacts): ForeignFacts {
  return { [API]: facts };
}

/** Returns facts without what is kept of an alias, which a later one of its name must not inherit. Pure. */
export function withoutAlias(facts: FunctionFacts, alias: string): FunctionFacts {
  const { aliases, policies, kept = {} } = facts;
  const kinds = Object.entries(kept).map(([kind, all]) => [kind, without(all, alias)]);
  return {
    ...facts,
    aliases: without(aliases, alias),
    policies: without(policies, alias),
    kept: Object.fromEntries(kinds) as NonNullable<FunctionFacts['kept']>,
  };
}

function without<T>(record: Readonly<Record<string, T>> | undefined, key: string): Readonly<Record<string, T>> {
  const { [key]: _gone, ...others } = record ?? {};
  return others;
}

/** Changes the facts of a function. `change` may throw to refuse, and may be called again. */
export function changeFacts(
  { functions }: Operations,
  name: FunctionName,
  change: (before: FunctionFacts) => FunctionFacts,
): Promise<void> {
  return functions.changeForeign(name, changedFacts(change));
}

/** The same change, as one of all that APIs keep of a function. */
export function changedFacts(change: (before: FunctionFacts) => FunctionFacts): (before: ForeignFacts) => ForeignFacts {
  return (before) => ({ ...before, [API]: change(functionFacts({ foreign: before })) });
}

/** Whether lists show a version: one that was published with this API, or made by another way. */
export function isPublished(detail: FunctionDetail, { version, by }: VersionInfo): boolean {
  const known = functionFacts(detail).versions?.[String(version)];
  return known === undefined ? by !== AUTHOR : known.isDeleted !== true;
}

/** Whether a version was deleted with this API while it was live, so that only the live pointer leads to it. */
export function isDeleted(detail: FunctionDetail, version: number): boolean {
  return functionFacts(detail).versions?.[String(version)]?.isDeleted === true;
}
