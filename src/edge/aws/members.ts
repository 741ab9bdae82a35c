import type { AwsInput } from './input.ts';

/** A text of a checked input; undefined if it is absent. The model has checked its type. */
export function textIn(input: AwsInput, name: string): string | undefined {
  const value = input[name];
  return typeof value === 'string' ? value : undefined;
}

/** A number of the input; undefined if it is absent. */
export function numberIn(input: AwsInput, name: string): number | undefined {
  const value = input[name];
  return typeof value === 'number' ? value : undefined;
}

/** The texts of a list of the input; undefined if it is absent. */
export function textsIn(input: AwsInput, name: string): readonly string[] | undefined {
  const value = input[name];
  return Array.isArray(value) ? value.map(String) : undefined;
}

/** A structure or map of the input; undefined if it is absent. */
export function objectIn(input: AwsInput, name: string): Record<string, unknown> | undefined {
  const value = input[name];
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}
