import type { Brand } from './brand.ts';

/**
 * A function's name: 1 to 64 of `a-z A-Z 0-9 - _`, as on AWS Lambda. It is the whole key of a function: where functions
 * get namespaces, this type becomes the pair of both, and {@link parseReference} reads it.
 */
export type FunctionName = Brand<string, 'FunctionName'>;

/** The grammar of {@link FunctionName}. */
export const FUNCTION_NAME: RegExp = /^[a-zA-Z0-9-_]{1,64}$/;
/** An alias, see {@link ALIAS_NAME}. */
export type AliasName = Brand<string, 'AliasName'>;
/** A published version's number: 1, 2, 3 ..., counted per function and never used again. */
export type VersionNumber = Brand<number, 'VersionNumber'>;
/** A version's number in digits, see {@link VERSION_NUMBER}. */
export type VersionText = Brand<string, 'VersionText'>;
/** What may follow a function's name in a request: a version or an alias. */
export type Qualifier = VersionText | AliasName;

/** An alias: 1 to 128 of the same characters, but not only digits, which would read as a version (AWS's rule). */
const ALIAS_NAME = /^(?![0-9]+$)[a-zA-Z0-9-_]{1,128}$/;
/** The grammar of a version's number in digits. */
export const VERSION_NUMBER: RegExp = /^[1-9][0-9]{0,8}$/;

/** AWS's name of the live pointer. */
export const LATEST = '$LATEST';

/** Whether a text has the form of a function's name. */
export function isFunctionName(text: string): text is FunctionName {
  return FUNCTION_NAME.test(text);
}

/** Whether a text has the form of an alias. */
export function isAliasName(text: string): text is AliasName {
  return ALIAS_NAME.test(text);
}

/** Whether a text has the form of a version number or an alias. */
export function isQualifier(text: string): text is Qualifier {
  return ALIAS_NAME.test(text) || VERSION_NUMBER.test(text);
}

/** Returns a version's number as a qualifier. */
export function versionQualifier(version: VersionNumber): Qualifier {
  return String(version) as VersionText;
}

/** Whether a number can be a version's: a positive integer that JavaScript represents exactly. */
export function isVersionNumber(value: number): value is VersionNumber {
  return Number.isSafeInteger(value) && value >= 1;
}

/** Parses a version's number in digits. Returns undefined for any other text. */
export function parseVersionNumber(text: string): VersionNumber | undefined {
  return VERSION_NUMBER.test(text) ? (Number(text) as VersionNumber) : undefined;
}

/** Returns the number of the version after `last`, which is undefined before a function's first version. */
export function nextVersionNumber(last: VersionNumber | undefined): VersionNumber {
  return ((last ?? 0) + 1) as VersionNumber;
}

/** Takes a number for a version's without a check: one that the caller has checked, or that lam wrote down. */
export function knownVersion(value: number): VersionNumber {
  return value as VersionNumber;
}

/** Takes text for a function's name without a check: what lam checked before it wrote it down, and a valid lam.yaml's. */
export function knownFunctionName(text: string): FunctionName {
  return text as FunctionName;
}

/** A function, and optionally which version or alias of it. */
export interface FunctionReference {
  readonly name: FunctionName;
  /** A version number, an alias, or undefined for the live pointer. */
  readonly qualifier: Qualifier | undefined;
}

/**
 * Parses `FN`, `FN@VERSION`, `FN:ALIAS`, `FN:VERSION`, a partial or a full ARN. Returns undefined when the text has
 * none of these forms. Does not check whether the function exists.
 */
export function parseReference(text: string): FunctionReference | undefined {
  const arn = /^(?:arn:aws[a-z-]*:lambda:[a-z0-9-]+:)?(?:[0-9]{12}:)?function:(.+)$/.exec(text);
  const rest = arn?.[1] ?? text;
  const match = /^([^@:]+)(?:[@:](.+))?$/.exec(rest);
  const name = match?.[1];
  if (name === undefined || !isFunctionName(name)) return undefined;
  const qualifier = match?.[2];
  if (qualifier === undefined || qualifier === LATEST) return { name, qualifier: undefined };
  const version = /^v([1-9][0-9]{0,8})$/.exec(qualifier)?.[1];
  // `hello@v3` is what `lam versions` prints, so it reads as version 3; an alias is reached with ':'.
  if (version !== undefined && rest.includes('@')) return { name, qualifier: version as VersionText };
  if (!isQualifier(qualifier)) return undefined;
  return { name, qualifier };
}
