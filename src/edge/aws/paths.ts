import type { AwsModel } from './model.ts';

/** An operation that a request asks for. */
export interface AwsTarget {
  readonly operation: string;
  /** Parts of the path by the names of members, decoded. */
  readonly parts: Readonly<Record<string, string>>;
}

interface Route {
  readonly operation: string;
  readonly method: string;
  readonly segments: readonly string[];
  /** Of the query, for operations that share a path. */
  readonly query: string | undefined;
}

/** Finds operations by method and path, as the REST protocols of AWS lay them out. */
export class AwsPaths {
  readonly #routes: readonly Route[];

  constructor({ operations }: AwsModel) {
    this.#routes = Object.entries(operations)
      .map(([operation, [method, pattern]]) => {
        const [path = '', query] = pattern.split('?');
        return { operation, method, segments: path.slice(1).split('/'), query };
      })
      // A path with a fixed query comes before the same path without one.
      .toSorted((a, b) => Number(b.query !== undefined) - Number(a.query !== undefined));
  }

  /** The operation at a path; undefined for none. Clients of old models send a slash at the end. */
  find(method: string, path: string, query: string): AwsTarget | undefined {
    const given = path.slice(1).split('/');
    if (given.at(-1) === '' && given.length > 1) given.pop();
    const fields = new Set(query.split('&'));
    for (const { operation, method: of, segments, query: fixed } of this.#routes) {
      if (of !== method || segments.length !== given.length) continue;
      if (fixed !== undefined && !fields.has(fixed)) continue;
      const parts = partsOf(segments, given);
      if (parts !== undefined) return { operation, parts };
    }
    return undefined;
  }
}

function partsOf(segments: readonly string[], given: readonly string[]): Record<string, string> | undefined {
  const parts: [string, string][] = [];
  for (const [i, segment] of segments.entries()) {
    const text = given[i] ?? '';
    if (!segment.startsWith('{')) {
      if (segment !== text) return undefined;
      continue;
    }
    try {
      if (text === '') return undefined;
      parts.push([segment.slice(1, -1), decodeURIComponent(text)]);
    } catch {
      // Malformed percent-encoding matches nothing.
      return undefined;
    }
  }
  return Object.fromEntries(parts);
}
