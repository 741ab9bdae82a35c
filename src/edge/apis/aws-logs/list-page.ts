import { lamError } from '../../../errors/index.ts';
import type { LogsInput } from './call.ts';
import { numberIn, textIn } from '../../aws/members.ts';

/** AWS's size of a page of groups or streams, which is the largest, too. */
const PAGE = 50;

/** Items of one page, and the token of the next one if there is one. */
interface ListPage<T> {
  readonly items: readonly T[];
  readonly next: { readonly nextToken: string } | undefined;
}

/**
 * Returns the page of a list that a request asks for with `nextToken` and `limit`. `keyOf` is unique. Throws
 * `LAM_AWS_PARAMETER`, also if the item has gone after which the page begins.
 */
export function listPage<T>(input: LogsInput, all: readonly T[], keyOf: (item: T) => string): ListPage<T> {
  const size = numberIn(input, 'limit') ?? PAGE;
  const token = textIn(input, 'nextToken');
  const after = token === undefined ? -1 : all.findIndex((item) => tokenOf(keyOf(item)) === token);
  if (token !== undefined && after < 0)
    throw lamError('LAM_AWS_PARAMETER', { message: 'The specified nextToken is invalid.' });
  const items = all.slice(after + 1, after + 1 + size);
  const last = items.at(-1);
  const isLast = last === undefined || after + 1 + size >= all.length;
  return { items, next: isLast ? undefined : { nextToken: tokenOf(keyOf(last)) } };
}

function tokenOf(key: string): string {
  return Buffer.from(key).toString('base64url');
}
