import type { Arns } from '../../../contract/index.ts';
import type { Operations } from '../../../operations/index.ts';
import type { AwsInput } from '../../aws/input.ts';

/** The checked input of an operation of CloudWatch Logs. */
export type LogsInput = AwsInput;

/** A request to an operation of CloudWatch Logs whose input was checked. */
export interface LogsCall {
  readonly arns: Arns;
  readonly operations: Operations;
  readonly input: LogsInput;
}

/** Performs an operation; what it returns is sent as JSON. Throws `LamError`s. */
export type LogsAction = (call: LogsCall) => Promise<unknown>;
