import { createHash } from 'node:crypto';
import type { AliasName, FunctionName } from '../contract/index.ts';
import { ownMember } from '../kit/index.ts';
import type { FunctionRecord } from '../store/index.ts';

/** What a tag is of: the whole function, its settings, or one of its aliases. */
export type TaggedPart =
  | { readonly kind: 'function' }
  | { readonly kind: 'config' }
  | { readonly kind: 'alias'; readonly alias: AliasName };

/** What a change expects of its function. */
export interface Expectation {
  readonly name: FunctionName;
  readonly part: TaggedPart;
  /** Whether a tag is the expected one; undefined for what does not exist. */
  readonly accepts: (tag: string | undefined) => boolean;
}

/**
 * A text that changes whenever a part of a function does, and is the same after a restart; undefined for an alias that
 * does not exist. Pure.
 */
export function tagOf(record: FunctionRecord, part: TaggedPart): string | undefined {
  const { live, overrides, versions } = record;
  switch (part.kind) {
    case 'function':
      return hashed(record);
    case 'config':
      return hashed([live, overrides, versions[String(live)]?.config]);
    case 'alias': {
      const version = ownMember(record.aliases, part.alias);
      return version === undefined ? undefined : hashed([version, ownMember(record.routing, part.alias) ?? null]);
    }
  }
}

function hashed(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 22);
}
