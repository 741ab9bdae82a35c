import type { Operations } from '../../../operations/index.ts';
import type { AwsInput } from '../../aws/input.ts';

/** The checked input of an operation of CloudWatch Logs. */
export type LogsInput = AwsInput;

/** A request to an operation of CloudWatch Logs whose input was checked. */
export interface LogsCall {
  readonly operations: Operations;
  readonly input: LogsInput;
}

/** Performs an operation; what it returns is sent as JSON. Throws `LamError`s. */
export type LogsAction = (call: LogsCall) => Promise<unknown>;

/** A text of the input; undefined if it is absent. The model has checked its type. */
export function textIn(input: LogsInput, name: string): string | undefined {
  const value = input[name];
  return typeof value === 'string' ? value : undefined;
}

/** A number of the input; undefined if it is absent. */
export function numberIn(input: LogsInput, name: string): number | undefined {
  const value = input[name];
  return typeof value === 'number' ? value : undefined;
}

/** The texts of a list of the input; undefined if it is absent. */
export function textsIn(input: LogsInput, name: string): readonly string[] | undefined {
  const value = input[name];
  return Array.isArray(value) ? value.map(String) : undefined;
}
