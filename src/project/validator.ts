import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv';
import type { TriggerKind } from '../triggers/index.ts';
import { projectSchema } from './schema.ts';

/** How a lam.yaml is checked: all faults at once, each with the value and the part of the schema that it broke. */
export const VALIDATION: Options = {
  allErrors: true,
  verbose: true,
  allowUnionTypes: true,
  strict: true,
  strictRequired: false,
};

/** What Ajv made of the schema for a list of kinds: from source, a process may load many projects. */
const made = new WeakMap<readonly TriggerKind[], ValidateFunction>();

/**
 * Checks a parsed lam.yaml against the schema. The bundles have this module with the code that Ajv makes of the schema,
 * for the kinds of lam itself (scripts/project-validator.ts): making it takes 0.15 s, more than all else that most commands do.
 */
export function schemaErrors(value: unknown, kinds: readonly TriggerKind[]): readonly ErrorObject[] {
  const validate = made.get(kinds) ?? new Ajv(VALIDATION).compile(projectSchema(kinds));
  made.set(kinds, validate);
  return validate(value) ? [] : (validate.errors ?? []);
}
