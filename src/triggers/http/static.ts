import type { Route } from './route.ts';

/**
 * Returns what is wrong with `static` of a route, as words to follow it, or undefined: it must name a place in the
 * function's code, and the route must be for GET, with a `{name+}` at its end or no parameter. Pure.
 */
export function staticFault(place: string, { methods, segments }: Route): string | undefined {
  const parts = staticPlace(place).split('/');
  const isInside = staticPlace(place) === '' || parts.every((part) => part !== '' && part !== '.' && part !== '..');
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  if (!isInside || /[\\\u0000-\u001f]/.test(place))
    return `has '${place}' in static, which is no path inside the function's folder`;
  const isDefault = segments.at(-1)?.kind === 'rest';
  if (!isDefault && methods.some((method) => method !== 'GET' && method !== 'HEAD'))
    return 'has static, which is served for GET and HEAD alone';
  return segments.some(({ kind }) => kind === 'param')
    ? 'has static and a parameter; only one `{name+}` at the end may name files'
    : undefined;
}

/** The path of `static` as the code's files have it: without `./` before it or a slash after it; empty for the whole. Pure. */
export function staticPlace(place: string): string {
  const path = place.replace(/^\.\//, '').replace(/\/$/, '');
  return path === '.' ? '' : path;
}
