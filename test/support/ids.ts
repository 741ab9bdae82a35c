import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { digestOf, isDigest, isNodeId, type Digest, type NodeId } from '../../src/contract/index.ts';

/** A digest: `text` itself if it is one, else the digest of `text`. */
export function digestFor(text: string): Digest {
  return isDigest(text) ? text : digestOf(createHash('sha256').update(text));
}

/** A node id; `text` must have the form of one. */
export function nodeId(text: string): NodeId {
  assert.ok(isNodeId(text), `'${text}' is a node id`);
  return text;
}
