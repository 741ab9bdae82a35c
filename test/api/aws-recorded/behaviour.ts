import type { LambdaClient } from '@aws-sdk/client-lambda';

/** A member of an answer: a value, a pattern for a text, or what must hold of it. */
export type Expected =
  | string
  | number
  | boolean
  | null
  | RegExp
  | ((value: unknown) => boolean)
  | readonly Expected[]
  | { readonly [member: string]: Expected };

/** An answer as it goes over the wire. Members of the body that are not named must not be there. */
export interface WireAnswer {
  readonly status: number;
  /** The name in `x-amzn-ErrorType`; none for a success. */
  readonly error?: string;
  /** Absent for an empty body. */
  readonly body?: Expected;
  /** A body that need not be JSON. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string | RegExp>>;
}

/** What rows of a group hand to later ones: ids of revisions. */
export type Kept = Record<string, unknown>;

/** One answer that AWS was recorded to give, and whether lam gives it. */
export interface RecordedBehaviour {
  /** The operation, then what is special. */
  readonly what: string;
  /** A `Response` is the answer; else it is what the client received last. */
  readonly ask: (client: LambdaClient, kept: Kept) => Promise<unknown>;
  readonly aws: WireAnswer;
  /** What else is known of the body, for example that an id has changed. */
  readonly also?: (body: Readonly<Record<string, unknown>>, kept: Kept) => void;
  /** Set where lam answers otherwise, and must: why, and what it answers instead. */
  readonly differs?: { readonly why: string; readonly here: WireAnswer };
}

/** Behaviours that are asked for one after the other. */
export interface RecordedGroup {
  readonly about: string;
  readonly prepare?: (client: LambdaClient, kept: Kept) => Promise<unknown>;
  readonly rows: readonly RecordedBehaviour[];
}

export const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:';
export const LAYER_ARN = 'arn:aws:lambda:us-east-1:000000000000:layer:';
export const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** A date as functions and layers have it. */
export const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/;
/** A date as function URLs have it. */
export const ISO_DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/;
export const SHA256 = /^[A-Za-z0-9+/]{43}=$/;
export const HTTP_URL = /^https?:\/\/\S+$/;

/** A date as configurations of events have it: seconds, with parts. */
export const isSeconds = (value: unknown): boolean => typeof value === 'number' && value > 1.6e9 && value < 1e10;
export const isCount = (value: unknown): boolean => Number.isInteger(value) && Number(value) > 0;

export const ok = (body: Expected, status = 200): WireAnswer => ({ status, body });
export const empty = (status = 204): WireAnswer => ({ status });
export const missing = (Message: string): WireAnswer => ({
  ...{ status: 404, error: 'ResourceNotFoundException' },
  body: { Type: 'User', Message },
});
export const invalid = (message: string | RegExp): WireAnswer => ({
  ...{ status: 400, error: 'InvalidParameterValueException' },
  body: { Type: 'User', message },
});
export const broken = (message: string | RegExp): WireAnswer => ({
  ...{ status: 400, error: 'ValidationException' },
  body: { message },
});
export const conflict = (message: string): WireAnswer => ({
  ...{ status: 409, error: 'ResourceConflictException' },
  body: { Type: 'User', message },
});
export const stale: WireAnswer = {
  ...{ status: 412, error: 'PreconditionFailedException' },
  body: {
    Type: 'User',
    message:
      'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id',
  },
};

export const MISMATCH = invalid('The derived qualifier from the function name does not match the specified qualifier.');

const DETAILS = {
  created: { State: 'Pending', StateReason: 'The function is being created.', StateReasonCode: 'Creating' },
  updated: {
    State: 'Active',
    LastUpdateStatus: 'InProgress',
    LastUpdateStatusReason: 'The function is being created.',
    LastUpdateStatusReasonCode: 'Creating',
  },
  settled: { State: 'Active', LastUpdateStatus: 'Successful' },
  listed: {},
} as const;

/** Exactly the members that AWS shows of a function that was created with nothing special. */
export function configuration(
  name: string,
  state: keyof typeof DETAILS,
  more: Record<string, Expected> = {},
): Expected {
  return {
    FunctionName: name,
    FunctionArn: `${ARN}${name}`,
    Runtime: 'nodejs22.x',
    Role: 'arn:aws:iam::000000000000:role/test',
    Handler: 'index.handler',
    CodeSize: isCount,
    Description: '',
    Timeout: 3,
    MemorySize: 128,
    LastModified: DATE,
    CodeSha256: SHA256,
    Version: '$LATEST',
    TracingConfig: { Mode: 'PassThrough' },
    RevisionId: ID,
    ...DETAILS[state],
    PackageType: 'Zip',
    Architectures: ['x86_64'],
    EphemeralStorage: { Size: 512 },
    SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
    ...(state === 'listed'
      ? {}
      : { RuntimeVersionConfig: { RuntimeVersionArn: /^arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}$/ } }),
    LoggingConfig: { LogFormat: 'Text', LogGroup: `/aws/lambda/${name}` },
    ...more,
  };
}

/** The answer of GetFunction. */
export const got = (
  name: string,
  more: Record<string, Expected> = {},
  beside: Record<string, Expected> = {},
): WireAnswer =>
  ok({
    Code: { RepositoryType: 'S3', Location: HTTP_URL },
    Configuration: configuration(name, 'settled', more),
    ...beside,
  });
