import type { Hash } from 'node:crypto';
import type { Brand } from './brand.ts';

/** SHA-256 of a file's content or of a manifest: 64 lower-case hexadecimal digits. */
export type Digest = Brand<string, 'Digest'>;

/** A node: 48 random bits as 12 lower-case hexadecimal digits, made once per home. */
export type NodeId = Brand<string, 'NodeId'>;

/** A sandbox or stem: 128 random bits as 32 lower-case hexadecimal digits, never used again. */
export type SandboxId = Brand<string, 'SandboxId'>;

/** An invocation, the same for all attempts at an event: a UUID, which the caller, the handler and the logs see. */
export type RequestId = Brand<string, 'RequestId'>;

/** An X-Ray trace header: visible ASCII, at most 512 characters. */
export type TraceId = Brand<string, 'TraceId'>;

const DIGEST = /^[0-9a-f]{64}$/;
/** Longest trace header that is passed on (characters); AWS's own have about 100. */
const TRACE_CHARS = 512;
const TRACE_ID = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
const NODE_ID = /^[0-9a-f]{12}$/;

/** Whether a text has the form of a digest. */
export function isDigest(text: string): text is Digest {
  return DIGEST.test(text);
}

/** Ends a SHA-256 hash and returns its digest. */
export function digestOf(hash: Hash): Digest {
  return hash.digest('hex') as Digest;
}

/** Whether a text has the form of a node id. */
export function isNodeId(text: string): text is NodeId {
  return NODE_ID.test(text);
}

/** Returns the id of a new node. */
export function newNodeId(): NodeId {
  return randomHex(6) as NodeId;
}

/** Returns the id of a new sandbox. */
export function newSandboxId(): SandboxId {
  return randomHex(16) as SandboxId;
}

/** Takes text for a sandbox's id without a check: text that lam wrote itself, and stand-ins. */
export function knownSandboxId(text: string): SandboxId {
  return text as SandboxId;
}

/** Returns a new request id whose text sorts by time (a UUID of version 7); `now` is milliseconds since the epoch. */
export function newOrderedRequestId(now: number): RequestId {
  const time = Math.trunc(now).toString(16).padStart(12, '0');
  const random = randomHex(10);
  const variant = ((parseInt(random.slice(3, 4), 16) & 0x3) | 0x8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-${variant}${random.slice(4, 7)}-${random.slice(7, 19)}` as RequestId;
}

/** Takes text for a request id without a check: a UUID that was just made. */
export function knownRequestId(text: string): RequestId {
  return text as RequestId;
}

/** Whether a text can be a trace header. */
export function isTraceId(text: string): text is TraceId {
  return text.length <= TRACE_CHARS && TRACE_ID.test(text);
}

/** Takes text for a trace header without a check: one that was just made. */
export function knownTraceId(text: string): TraceId {
  return text as TraceId;
}

function randomHex(bytes: number): string {
  // Loaded here because `lam invoke` does not need it, and loading it costs milliseconds.
  return process.getBuiltinModule('node:crypto').randomBytes(bytes).toString('hex');
}
