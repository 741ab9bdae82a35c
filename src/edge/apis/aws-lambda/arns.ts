import { isFunctionName, LATEST, type AwsPlace, type FunctionName } from '../../../contract/index.ts';
import { violationAt, violationsText } from '../../aws/constraints.ts';
import { lamError } from '../../../errors/index.ts';

/** A function that a request names, and what of it. */
export interface NamedFunction {
  readonly name: FunctionName;
  /** As given: a version, an alias or `$LATEST`; undefined without one. */
  readonly qualifier: string | undefined;
}

const FUNCTION =
  /^(?:(?:arn:[a-z-]+:lambda:)?(?:([a-z]{2}[a-z0-9-]*):)?(?:(\d{12}):)?function:|(?:(\d{12}):))?([a-zA-Z0-9-_]+)(?::(.+))?$/;

/**
 * Reads a function's name, partial or full ARN, with the qualifier inside it or beside it. Throws
 * `LAM_AWS_PARAMETER`, `LAM_AWS_NOT_FOUND` for another region, `LAM_AWS_FORBIDDEN` for another account.
 */
export function namedFunction(place: AwsPlace, text: string, beside?: string): NamedFunction {
  const [, region, account, bareAccount, name = '', inside] = FUNCTION.exec(text) ?? [];
  if (!isFunctionName(name)) {
    const rule = 'Member must have length less than or equal to 64';
    throw lamError('LAM_AWS_PARAMETER', { message: violationsText([violationAt(` '${text}'`, 'functionName', rule)]) });
  }
  if (region !== undefined && region !== place.region)
    throw lamError('LAM_AWS_NOT_FOUND', {
      message: `Functions from '${region}' are not reachable in this region ('${place.region}')`,
    });
  const of = account ?? bareAccount;
  if (of !== undefined && of !== place.account)
    throw lamError('LAM_AWS_FORBIDDEN', { message: `the functions here are of account ${place.account}, not ${of}` });
  if (inside !== undefined && beside !== undefined && inside !== beside)
    throw lamError('LAM_AWS_PARAMETER', {
      message: 'The derived qualifier from the function name does not match the specified qualifier.',
    });
  return { name, qualifier: inside ?? beside };
}

/** Whether a qualifier means the live version. */
export function isLatest(qualifier: string | undefined): boolean {
  return qualifier === undefined || qualifier === LATEST;
}
