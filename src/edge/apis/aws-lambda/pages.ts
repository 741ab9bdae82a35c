import { lamError } from '../../../errors/index.ts';
import type { AwsCall } from './call.ts';
import { numberIn, textIn } from '../../aws/members.ts';

/** One page of a list. */
export interface AwsPage<T> {
  readonly items: readonly T[];
  /** Where the next page begins; absent after the last one. */
  readonly next: { readonly NextMarker: string } | undefined;
}

/** AWS's size of a page without `MaxItems`, and of ListFunctions at most. */
const PAGE = 50;

/**
 * Returns the page of a list that a request asks for with `Marker` and `MaxItems`. `keyOf` is unique and in the order of
 * the list, so that pages are whole although the list changes in between. Throws `LAM_AWS_PARAMETER`.
 */
export function pageOf<T>(call: AwsCall, all: readonly T[], keyOf: (item: T) => string, most = Infinity): AwsPage<T> {
  const size = Math.min(numberIn(call.input, 'MaxItems') ?? PAGE, most);
  const marker = textIn(call.input, 'Marker');
  const after = marker === undefined || marker === '' ? undefined : keyIn(marker);
  const from = after === undefined ? 0 : all.findIndex((item) => keyOf(item) > after);
  const items = from < 0 ? [] : all.slice(from, from + size);
  const last = items.at(-1);
  const isLast = last === undefined || from + size >= all.length;
  return { items, next: isLast ? undefined : { NextMarker: Buffer.from(`v1:${keyOf(last)}`).toString('base64url') } };
}

function keyIn(marker: string): string {
  const text = Buffer.from(marker, 'base64url').toString();
  if (!text.startsWith('v1:'))
    throw lamError('LAM_AWS_PARAMETER', { message: `Invalid Marker: ${marker.slice(0, 100)}` });
  return text.slice(3);
}

/** A number as a key of {@link pageOf}. */
export function numberKey(number: number): string {
  return String(number).padStart(12, '0');
}
