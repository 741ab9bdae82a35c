import { CONFIG_BOUNDS, DEFAULT_CONFIG } from '../contract/index.ts';
import type { JsonSchema } from './json-schema.ts';

/** Bounds of a number, its default and an example, in the unit of lam.yaml. */
export interface NumberLimits {
  readonly bounds: readonly [number, number];
  /** Null when lam decides. */
  readonly byDefault: number | null;
  readonly example: number;
}

/** The schema of a number. */
export function number(
  description: string,
  type: 'integer' | 'number',
  { bounds, byDefault, example }: NumberLimits,
): JsonSchema {
  const settled = byDefault === null ? {} : { default: byDefault };
  return { description, type, minimum: bounds[0], maximum: bounds[1], ...settled, examples: [example] };
}

/** The limits of a setting; `example` is in the unit of the field. */
export function limitsOf(field: keyof typeof CONFIG_BOUNDS, example: number): NumberLimits {
  return { bounds: CONFIG_BOUNDS[field], byDefault: DEFAULT_CONFIG[field], example };
}

/** Converts from milliseconds (contract) to seconds (lam.yaml). */
export function inSeconds({ bounds, byDefault, example }: NumberLimits): NumberLimits {
  return {
    bounds: [bounds[0] / 1000, bounds[1] / 1000],
    byDefault: byDefault === null ? null : byDefault / 1000,
    example: example / 1000,
  };
}
