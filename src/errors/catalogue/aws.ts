import { entry } from '../entry.ts';

/** An error whose message is in AWS's own words. */
export interface Worded {
  readonly message: string;
}

const worded = ({ message }: Worded): string => message;

/** What lam answers at AWS Lambda's paths in AWS's words, which clients compare. */
export const AWS = {
  LAM_AWS_VALIDATION: entry<Worded>({
    kind: 'invalid_argument',
    fault: 'caller',
    aws: 'ValidationException',
    message: worded,
    hint: () => 'correct the value that the message names',
  }),
  LAM_AWS_PARAMETER: entry<Worded>({
    kind: 'invalid_argument',
    fault: 'caller',
    aws: 'InvalidParameterValueException',
    message: worded,
  }),
  LAM_AWS_SERIALIZATION: entry<Worded>({
    kind: 'invalid_argument',
    fault: 'caller',
    aws: 'SerializationException',
    message: worded,
    hint: () => 'send a JSON object with the members that the operation has in the AWS SDK',
  }),
  LAM_AWS_NOT_FOUND: entry<Worded>({
    kind: 'not_found',
    fault: 'caller',
    aws: 'ResourceNotFoundException',
    message: worded,
    hint: () => 'see what is deployed: lam list',
  }),
  LAM_AWS_CONFLICT: entry<Worded>({
    kind: 'already_exists',
    fault: 'caller',
    aws: 'ResourceConflictException',
    message: worded,
  }),
  LAM_AWS_REVISION: entry<{ /** Operations that tell it. */ look: string }>({
    kind: 'failed_precondition',
    fault: 'caller',
    aws: 'PreconditionFailedException',
    message: (d) =>
      `The Revision Id provided does not match the latest Revision Id. Call the ${d.look} API to retrieve the latest Revision Id`,
  }),
  LAM_AWS_NOT_PROVISIONED: entry({
    kind: 'not_found',
    fault: 'caller',
    aws: 'ProvisionedConcurrencyConfigNotFoundException',
    message: () => 'No Provisioned Concurrency Config found for this function',
  }),
  LAM_AWS_NO_CODE_SIGNING: entry<{ arn: string }>({
    kind: 'not_found',
    fault: 'caller',
    aws: 'CodeSigningConfigNotFoundException',
    message: (d) =>
      `The code signing configuration cannot be found. Check that the provided configuration is not deleted: ${d.arn}.`,
  }),
  LAM_AWS_FORBIDDEN: entry<Worded>({
    kind: 'permission_denied',
    fault: 'caller',
    aws: 'AccessDeniedException',
    message: worded,
  }),
  LAM_AWS_TOO_LARGE: entry<Worded>({
    kind: 'too_large',
    fault: 'caller',
    aws: 'RequestEntityTooLargeException',
    message: worded,
    hint: () => 'leave out what the function does not need, or use a layer',
  }),
  LAM_AWS_UNSUPPORTED: entry<{ operation: string; /** With its genitive. */ service?: string }>({
    kind: 'not_found',
    fault: 'caller',
    aws: 'UnknownOperationException',
    message: (d) => `lam does not serve ${d.operation} of ${d.service ?? "AWS Lambda's"} API`,
    hint: () => 'docs/compatibility.md lists the operations that it serves',
  }),
} as const;
