import type { DestinationConfig } from '../contract/index.ts';
import { DESTINATION_KINDS } from './destination-kinds.ts';
import type { DestinationKind } from './destination.ts';
import { mapFaults } from './shape.ts';

/** A destination and its kind. */
export interface FoundDestination {
  readonly kind: DestinationKind;
  readonly config: DestinationConfig;
}

/** Reads a setting: its kind, or its fault in words that follow `onFailure: `. Accepts any JSON. Pure. */
export function readDestination(
  setting: unknown,
  kinds: readonly DestinationKind[] = DESTINATION_KINDS,
): FoundDestination | { readonly fault: string } {
  const config = typeof setting === 'string' ? fromText(setting, kinds) : setting;
  const forms = kinds.flatMap(({ form }) => form ?? []);
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    const given = typeof setting === 'string' ? `'${setting}'` : 'it';
    return { fault: `${given} is not a destination; use ${forms.join(', ')}, or a map with a type` };
  }
  const kind = kinds.find(({ type }) => type === (config as { readonly type?: unknown }).type);
  if (kind === undefined) return { fault: `type must be one of ${kinds.map(({ type }) => type).join(', ')}` };
  const [fault] = mapFaults(config as DestinationConfig, kind.schema);
  if (fault !== undefined) return { fault: fault.message };
  const found = { kind, config: config as DestinationConfig };
  const own = kind.fault(found.config);
  return own === undefined ? found : { fault: `the destination ${own.fault}` };
}

function fromText(text: string, kinds: readonly DestinationKind[]): DestinationConfig | undefined {
  for (const { fromText: read } of kinds) {
    const config = read?.(text);
    if (config !== undefined) return config;
  }
  return undefined;
}
