import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  digestOf,
  isDigest,
  isNodeId,
  type Digest,
  type NodeId,
  knownTraceId,
  knownRequestId,
  knownSandboxId,
  type RequestId,
  type SandboxId,
  type TraceId,
  knownFunctionName,
  type FunctionName,
  type AliasName,
  type Qualifier,
  knownVersion,
  type VersionNumber,
} from '../../src/contract/index.ts';

/** A digest: `text` itself if it is one, else the digest of `text`. */
export function digestFor(text: string): Digest {
  return isDigest(text) ? text : digestOf(createHash('sha256').update(text));
}

/** A node id; `text` must have the form of one. */
export function nodeId(text: string): NodeId {
  assert.ok(isNodeId(text), `'${text}' is a node id`);
  return text;
}

/** A sandbox's id. The code under test does not look into it, so that it may be short. */
export function asSandboxId(text: string): SandboxId {
  return knownSandboxId(text);
}

/** A request id. The code under test does not look into it, so that it may be short. */
export function asRequestId(text: string): RequestId {
  return knownRequestId(text);
}

/** A trace header, which may be empty. */
export function asTraceId(text: string): TraceId {
  return knownTraceId(text);
}

/** A function's name, unchecked: tests try invalid ones too. */
export function asFunctionName(text: string): FunctionName {
  return knownFunctionName(text);
}

/** An alias, unchecked: tests try invalid ones too, which no maker of src would give. */
export function asAlias(text: string): AliasName {
  return text as AliasName;
}

/** A version number or an alias, unchecked as {@link asAlias} is. */
export function asQualifier(text: string): Qualifier {
  return text as Qualifier;
}

/** A version's number, unchecked: tests try ones that no function has. */
export function asVersion(number: number): VersionNumber {
  return knownVersion(number);
}
