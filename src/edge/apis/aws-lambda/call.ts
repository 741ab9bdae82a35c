import type { Operations } from '../../../operations/index.ts';
import type { AwsInput } from '../../aws/input.ts';

/** A request to an operation of AWS Lambda's API whose input was checked. */
export interface AwsCall {
  readonly operations: Operations;
  readonly input: AwsInput;
  /** Returns the URL at which a version's code can be downloaded for some minutes. */
  readonly codeUrl: (path: string) => string;
}

/** Performs an operation. Its result is sent as JSON; undefined for an answer without a body. Throws `LamError`s. */
type AwsAction = (call: AwsCall) => unknown;

/** Operations by their names in AWS's model. */
export type AwsActions = Readonly<Record<string, AwsAction>>;

/** Returns a text of the input; undefined if it is absent. The model has checked its type. */
export function textOf({ input }: Pick<AwsCall, 'input'>, name: string): string | undefined {
  const value = input[name];
  return typeof value === 'string' ? value : undefined;
}

/** Returns a number of the input; undefined if it is absent. */
export function numberOf({ input }: Pick<AwsCall, 'input'>, name: string): number | undefined {
  const value = input[name];
  return typeof value === 'number' ? value : undefined;
}

/** Returns a structure or map of the input; undefined if it is absent. */
export function objectOf({ input }: Pick<AwsCall, 'input'>, name: string): Record<string, unknown> | undefined {
  const value = input[name];
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}
