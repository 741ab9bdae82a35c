import type { Hash } from 'node:crypto';
import type { Brand } from './brand.ts';

/** SHA-256 of a file's content or of a manifest: 64 lower-case hexadecimal digits. */
export type Digest = Brand<string, 'Digest'>;

/** A node: 48 random bits as 12 lower-case hexadecimal digits, made once per home. */
export type NodeId = Brand<string, 'NodeId'>;

const DIGEST = /^[0-9a-f]{64}$/;
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

function randomHex(bytes: number): string {
  // Loaded here because `lam invoke` does not need it, and loading it costs milliseconds.
  return process.getBuiltinModule('node:crypto').randomBytes(bytes).toString('hex');
}
