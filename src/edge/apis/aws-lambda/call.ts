import type { Arns, AwsEndpoints } from '../../../contract/index.ts';
import type { Operations } from '../../../operations/index.ts';
import type { ServiceKeys } from '../../aws/s3-object.ts';
import type { AwsInput } from '../../aws/input.ts';

/** A request to an operation of AWS Lambda's API whose input was checked. */
export interface AwsCall {
  readonly arns: Arns;
  /** Where services of AWS are. */
  readonly endpoints: AwsEndpoints;
  /** For requests to them; absent for none. */
  readonly credentials?: ServiceKeys | undefined;
  readonly operations: Operations;
  readonly input: AwsInput;
  /** Returns the URL at which a version's code can be downloaded for some minutes. */
  readonly codeUrl: (path: string) => string;
}

/** Performs an operation. Its result is sent as JSON; undefined for an answer without a body. Throws `LamError`s. */
type AwsAction = (call: AwsCall) => unknown;

/** Operations by their names in AWS's model. */
export type AwsActions = Readonly<Record<string, AwsAction>>;
