import type { RouteMethod, RouteSegment } from '../../../triggers/index.ts';

/** What a route leads to, by method. */
type Ends<T> = Map<RouteMethod, T>;

interface TrieNode<T> {
  readonly literals: Map<string, TrieNode<T>>;
  /** Below a parameter. */
  param: TrieNode<T> | undefined;
  /** Routes that end here. */
  readonly ends: Ends<T>;
  /** Routes whose greedy parameter takes the rest of the path. */
  readonly greedy: Ends<T>;
  /** Routes for folders of files, which take the path of the folder itself, too, with and without a slash. */
  readonly folder: Ends<T>;
  /** Default routes, which take any rest of the path, an empty one too. */
  readonly rest: Ends<T>;
}

/**
 * Routes by the segments of their paths. The most specific route that serves the method wins: segment by segment, text
 * before a parameter, that before a greedy one; then the method itself before `ANY`. A search visits each node at most
 * once, and usually one per segment of the path.
 */
export class RouteTrie<T> {
  readonly #root = emptyNode<T>();

  /**
   * Routes that are equal but for the names of parameters replace each other.
   * @param isFolder whether a greedy parameter may also take nothing
   */
  // oxlint-disable-next-line max-params -- the two halves of a route, what it leads to, and one property
  add(segments: readonly RouteSegment[], methods: readonly RouteMethod[], value: T, isFolder = false): void {
    let node = this.#root;
    let ends = node.ends;
    for (const { kind, value: text } of segments) {
      if (kind === 'greedy' || kind === 'rest') {
        ends = kind === 'greedy' ? node.greedy : node.rest;
        if (isFolder && kind === 'greedy') for (const method of methods) node.folder.set(method, value);
        break;
      }
      node = childOf(node, kind === 'param' ? undefined : text);
      ({ ends } = node);
    }
    for (const method of methods) ends.set(method, value);
  }

  /**
   * @param parts segments of a path, which may be empty
   * @param others gains the methods of routes that match the path and do not serve `method`
   */
  find(parts: readonly string[], method: string, others: Set<RouteMethod>): T | undefined {
    return search(this.#root, 0, { parts, method, others });
  }

  /** The default route with the longest prefix of the path. */
  findDefault(parts: readonly string[], method: string): T | undefined {
    let found = endFor(this.#root.rest, method);
    let node = this.#root;
    for (const part of parts) {
      const next = node.literals.get(part);
      if (next === undefined) break;
      node = next;
      found = endFor(node.rest, method) ?? found;
    }
    return found;
  }
}

interface Search {
  readonly parts: readonly string[];
  readonly method: string;
  readonly others: Set<RouteMethod>;
}

function search<T>(node: TrieNode<T>, at: number, one: Search): T | undefined {
  const part = one.parts[at];
  if (part === undefined) return ending(node.ends, one) ?? ending(node.folder, one);
  // A parameter takes at least one character.
  if (part === '') return at === one.parts.length - 1 ? ending(node.folder, one) : undefined;
  const literal = node.literals.get(part);
  return (
    (literal === undefined ? undefined : search(literal, at + 1, one)) ??
    (node.param === undefined ? undefined : search(node.param, at + 1, one)) ??
    ending(node.greedy, one)
  );
}

function ending<T>(ends: Ends<T>, { method, others }: Search): T | undefined {
  if (ends.size === 0) return undefined;
  const found = endFor(ends, method);
  if (found === undefined) for (const other of ends.keys()) others.add(other);
  return found;
}

/** A GET route serves HEAD as well (RFC 9110, 9.1). */
function endFor<T>(ends: Ends<T>, method: string): T | undefined {
  const own = method === 'ANY' ? undefined : ends.get(method as RouteMethod);
  return own ?? (method === 'HEAD' ? ends.get('GET') : undefined) ?? ends.get('ANY');
}

/** The node below a literal, or below a parameter. */
function childOf<T>(node: TrieNode<T>, literal: string | undefined): TrieNode<T> {
  if (literal === undefined) return (node.param ??= emptyNode());
  const known = node.literals.get(literal);
  if (known !== undefined) return known;
  const made = emptyNode<T>();
  node.literals.set(literal, made);
  return made;
}

function emptyNode<T>(): TrieNode<T> {
  return {
    literals: new Map(),
    param: undefined,
    ends: new Map(),
    greedy: new Map(),
    folder: new Map(),
    rest: new Map(),
  };
}
