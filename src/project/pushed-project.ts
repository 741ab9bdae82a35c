import { isAlias, isMap, isScalar, parseDocument, Scalar, stringify, visit, type Document, type Pair } from 'yaml';
import { IN_LAM_YAML, type ConfigInput, type FunctionName } from '../contract/index.ts';

/** Settings that lam.yaml keeps in the map `async`, where the first is called `always`. */
const OF_EVENTS: ReadonlySet<string> = new Set([
  'async',
  'maximumRetryAttempts',
  'maximumEventAgeMs',
  'eventVersion',
  'onSuccess',
  'onFailure',
  'maximumQueuedEvents',
  'maximumDeadLetters',
]);

/**
 * Returns a lam.yaml without the values of environment variables, which may be secrets: each is an empty text. The rest
 * stays as it is written. A text that is no YAML is returned empty. Pure.
 */
export function withoutVariableValues(text: string): string {
  const document = parseDocument(text);
  if (document.errors.length > 0 || !isMap(document.contents)) return '';
  visit(document, {
    Pair(_, pair) {
      if (isScalar(pair.key) && pair.key.value === 'environment') emptyVariables(pair, document);
    },
  });
  return document.toString();
}

function emptyVariables(pair: Pair, document: Document): void {
  const named = isAlias(pair.value) ? pair.value.resolve(document) : pair.value;
  if (!isMap(named)) {
    pair.value = null;
    return;
  }
  for (const variable of named.items) {
    // Merged maps are emptied where they stand.
    if (isAlias(variable.value)) emptyVariables(variable, document);
    else if (isScalar(variable.value)) variable.value = new Scalar('');
    else variable.value = null;
  }
}

/**
 * Returns a lam.yaml for a function that was pushed without one: its settings in the file's words, and the names of its
 * variables without values. Pure.
 */
export function projectText(
  name: FunctionName,
  settings: ConfigInput,
  also: { readonly environment: readonly string[]; readonly layers: readonly string[] },
): string {
  const lines: Record<string, unknown> = { name };
  const events: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(settings)) {
    const { word, factor = 1 } = IN_LAM_YAML[field as keyof ConfigInput];
    if (value === null) continue;
    const written = typeof value === 'number' ? value / factor : value;
    if (OF_EVENTS.has(field)) events[field === 'async' ? 'always' : word] = written;
    else lines[word] = written;
  }
  if (Object.keys(events).length > 0) lines['async'] = events;
  if (also.layers.length > 0) lines['layers'] = also.layers;
  if (also.environment.length > 0)
    lines['environment'] = Object.fromEntries(also.environment.map((variable) => [variable, '']));
  return stringify(lines);
}
