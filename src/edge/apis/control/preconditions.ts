import { isAliasName } from '../../../contract/index.ts';
import { lamError } from '../../../errors/index.ts';
import type { Operations } from '../../../operations/index.ts';
import { headerValue, type HeaderValues } from '../../request.ts';
import { functionPart, triggerPart, type PathValues } from './parameters.ts';

/** What of a function an answer or a change is about, which has an ETag. */
export type TaggedKind = 'function' | 'config' | 'alias' | 'trigger';

interface Parts {
  readonly path: PathValues;
}

type Accepts = (tag: string | undefined) => boolean;

/** The ETag of what a path names; undefined for what does not exist. */
export async function tagAt(operations: Operations, call: Parts, kind: TaggedKind): Promise<string | undefined> {
  if (kind === 'trigger') return operations.triggers.tag(triggerPart(operations, call));
  const part = partOf(call, kind);
  return part === undefined ? undefined : operations.functions.tag(functionPart(operations, call), part);
}

/**
 * Makes a change if what it is about is as `If-Match` says; without that header in any case. Throws
 * `LAM_REGISTRY_STALE`.
 */
export async function whileMatching<T>(
  operations: Operations,
  call: Parts,
  { kind, accepts }: { readonly kind: TaggedKind; readonly accepts: Accepts | undefined },
  change: () => Promise<T>,
): Promise<T> {
  if (accepts === undefined) return change();
  if (kind === 'trigger') return operations.triggers.expecting({ ...triggerPart(operations, call), accepts }, change);
  const name = functionPart(operations, call);
  const part = partOf(call, kind);
  if (part === undefined) throw lamError('LAM_REGISTRY_STALE', { name });
  return operations.functions.expecting({ name, part, accepts }, change);
}

function partOf(
  { path: { alias = '' } }: Parts,
  kind: 'function' | 'config' | 'alias',
): Parameters<Operations['functions']['tag']>[1] | undefined {
  if (kind !== 'alias') return { kind };
  return isAliasName(alias) ? { kind, alias } : undefined;
}

/** What `If-Match` accepts: `*` for anything that exists, or some ETags; undefined without it. Throws `LAM_EDGE_BAD_REQUEST`. */
export function ifMatchOf(headers: HeaderValues): Accepts | undefined {
  const text = headerValue(headers, 'if-match');
  if (text === undefined) return undefined;
  if (text.trim() === '*') return (tag) => tag !== undefined;
  const tags = text.split(',').map((one) => /^\s*"([\x21\x23-\x7e]*)"\s*$/.exec(one)?.[1]);
  if (tags.includes(undefined))
    throw lamError('LAM_EDGE_BAD_REQUEST', { what: `If-Match is not a list of ETags: ${text}` });
  return (tag) => tag !== undefined && tags.includes(tag);
}
