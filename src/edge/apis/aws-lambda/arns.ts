import { ACCOUNT_ID, isFunctionName, LATEST, REGION, type FunctionName } from '../../../contract/index.ts';
import { lamError } from '../../../errors/index.ts';

/** A function that a request names, and what of it. */
export interface NamedFunction {
  readonly name: FunctionName;
  /** As given: a version, an alias or `$LATEST`; undefined without one. */
  readonly qualifier: string | undefined;
}

const FUNCTION =
  /^(?:(?:arn:[a-z-]+:lambda:)?(?:([a-z0-9-]+):)?(?:(\d{12}):)?function:|(?:(\d{12}):))?([a-zA-Z0-9-_]+)(?::(.+))?$/;

/**
 * Reads a function's name, partial or full ARN, with the qualifier inside it or beside it. Throws
 * `LAM_AWS_PARAMETER`, `LAM_AWS_NOT_FOUND` for another region, `LAM_AWS_FORBIDDEN` for another account.
 */
export function namedFunction(text: string, beside?: string): NamedFunction {
  const [, region, account, bareAccount, name = '', inside] = FUNCTION.exec(text) ?? [];
  if (!isFunctionName(name)) {
    const rule = 'Member must have length less than or equal to 64';
    throw lamError('LAM_AWS_PARAMETER', {
      message: `1 validation error detected: Value '${text}' at 'functionName' failed to satisfy constraint: ${rule}`,
    });
  }
  if (region !== undefined && region !== REGION)
    throw lamError('LAM_AWS_NOT_FOUND', {
      message: `Functions from '${region}' are not reachable in this region ('${REGION}')`,
    });
  const of = account ?? bareAccount;
  if (of !== undefined && of !== ACCOUNT_ID)
    throw lamError('LAM_AWS_FORBIDDEN', { message: `the functions here are of account ${ACCOUNT_ID}, not ${of}` });
  if (inside !== undefined && beside !== undefined && inside !== beside)
    throw lamError('LAM_AWS_PARAMETER', {
      message: 'The derived qualifier from the function name does not match the specified qualifier.',
    });
  return { name, qualifier: inside ?? beside };
}

/** The ARN of a function, with the qualifier if there is one. */
export function functionArn(name: string, qualifier?: string): string {
  const arn = `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:${name}`;
  return qualifier === undefined ? arn : `${arn}:${qualifier}`;
}

/** The ARN of a layer, with the number of a version if there is one. */
export function layerArn(name: string, version?: number): string {
  const arn = `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:layer:${name}`;
  return version === undefined ? arn : `${arn}:${version}`;
}

/** Whether a qualifier means the live version. */
export function isLatest(qualifier: string | undefined): boolean {
  return qualifier === undefined || qualifier === LATEST;
}
