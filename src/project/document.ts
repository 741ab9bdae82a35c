import {
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Node,
} from 'yaml';
import { messageOf } from '../errors/index.ts';
import type { ProjectFault } from './project.ts';

/** Steps from the root to a value: keys of maps and indexes of lists. */
export type ValuePath = readonly (string | number)[];

/** A parsed YAML file with the positions of its values. */
export interface SourceDocument {
  /** The plain value; undefined after a syntax error. */
  readonly value: unknown;
  readonly syntaxFaults: readonly ProjectFault[];
  /** Returns a fault at the value or at its key. Falls back to the nearest existing value above. */
  fault(path: ValuePath, message: string, at?: 'key' | 'value'): ProjectFault;
  /** Returns a scalar's source text (`1.10`, not 1.1), or undefined where there is no scalar. */
  sourceText(path: ValuePath): string | undefined;
}

/** Parses YAML 1.2 with merge keys. Never throws; errors are in `syntaxFaults`. */
export function parseSource(text: string): SourceDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const at = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const syntaxFaults: ProjectFault[] = document.errors.map((error) => ({
    ...at(error.pos[0]),
    path: '',
    message: error.code === 'DUPLICATE_KEY' ? duplicateMessage(document, error.pos[0]) : error.message,
  }));
  let value: unknown;
  if (syntaxFaults.length === 0) {
    try {
      value = document.toJS();
    } catch (error) {
      // `yaml` reports unresolved aliases and exponential alias expansion only here.
      syntaxFaults.push({ line: 1, column: 1, path: '', message: messageOf(error) });
    }
  }
  return {
    value,
    syntaxFaults,
    fault: (path, message, place = 'value') => ({
      ...at(offsetOf(document, path, place)),
      path: pointer(path),
      message,
    }),
    sourceText: (path) => {
      const node = follow(document, document.contents, path).at(-1)?.node;
      return isScalar(node) && follow(document, document.contents, path).length === path.length + 1
        ? (node.source ?? undefined)
        : undefined;
    },
  };
}

interface Step {
  readonly node: Node | null;
  readonly key: Node | null;
}

/** Returns the nodes along a path, root first; fewer than the path has when part of it does not exist. */
function follow(document: Document, root: unknown, path: ValuePath): readonly Step[] {
  let node = resolveAlias(document, root);
  const steps: Step[] = [{ node, key: null }];
  for (const step of path) {
    if (!isCollection(node)) break;
    const pair = isMap(node)
      ? node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step))
      : undefined;
    if (isMap(node) && pair === undefined) break;
    const found: unknown = pair === undefined ? node.get(step, true) : pair.value;
    if (pair === undefined && found === undefined) break;
    node = resolveAlias(document, found);
    steps.push({ node, key: isNode(pair?.key) ? pair.key : null });
  }
  return steps;
}

function resolveAlias(document: Document, node: unknown): Node | null {
  const target = isAlias(node) ? node.resolve(document) : node;
  return isNode(target) ? target : null;
}

function offsetOf(document: Document, path: ValuePath, place: 'key' | 'value'): number {
  const steps = follow(document, document.contents, path);
  const last = steps.at(-1);
  const exact = steps.length === path.length + 1;
  const order = exact && place === 'value' ? [last?.node, last?.key] : [last?.key, last?.node];
  return order.find((node) => node?.range)?.range?.[0] ?? 0;
}

function pointer(path: ValuePath): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** Names the key at an offset, which its map has twice. */
function duplicateMessage(document: Document, offset: number): string {
  let key = '';
  visit(document, {
    Pair(_at, pair) {
      if (!isScalar(pair.key) || pair.key.range?.[0] !== offset) return undefined;
      key = String(pair.key.value);
      return visit.BREAK;
    },
  });
  return `the key '${key}' is there twice: remove one of them`;
}
