import {
  isAliasName,
  LATEST,
  parseVersionNumber,
  type FunctionDetail,
  type FunctionName,
  type VersionInfo,
} from '../../../contract/index.ts';
import { isLamError, lamError } from '../../../errors/index.ts';
import { ownMember } from '../../../kit/index.ts';
import { isLatest, namedFunction, type NamedFunction } from './arns.ts';
import type { AwsCall } from './call.ts';
import { textIn } from '../../aws/members.ts';
import { isDeleted } from './facts.ts';

/** What lookups take of a request. */
export type AwsScope = Pick<AwsCall, 'arns' | 'operations'>;

/** A version as a request names it. */
export interface SeenVersion extends NamedFunction {
  readonly detail: FunctionDetail;
  readonly version: VersionInfo;
}

/** The function that a request names in `FunctionName`, with the qualifier there or in `Qualifier`. */
export function namedIn(call: AwsCall): NamedFunction {
  return namedFunction(call.arns, textIn(call.input, 'FunctionName') ?? '', textIn(call.input, 'Qualifier'));
}

/** A function that exists. Throws `LAM_AWS_NOT_FOUND` in AWS's words. */
export function detailOf(call: AwsScope, name: FunctionName, qualifier?: string): FunctionDetail {
  try {
    return call.operations.functions.detail(name);
  } catch (thrown) {
    if (!isLamError(thrown) || thrown.code !== 'LAM_REGISTRY_FUNCTION_NOT_FOUND') throw thrown;
    throw functionMissing(call, name, qualifier);
  }
}

/** The version that a request names. Throws `LAM_AWS_NOT_FOUND` in AWS's words. */
export function seenVersion(call: AwsScope, { name, qualifier }: NamedFunction): SeenVersion {
  const detail = detailOf(call, name, qualifier);
  const number = isLatest(qualifier)
    ? detail.live
    : (ownMember(detail.aliases, qualifier ?? '') ?? parseVersionNumber(qualifier ?? ''));
  const version = detail.allVersions.find((each) => each.version === number);
  const isGone = version === undefined || (qualifier === String(number) && isDeleted(detail, version.version));
  if (isGone) throw functionMissing(call, name, qualifier);
  return { name, qualifier, detail, version };
}

/** The live version of the function that a request names, which may carry no qualifier but `$LATEST`. */
export function liveVersion(call: AwsScope, name: FunctionName): SeenVersion {
  return seenVersion(call, { name, qualifier: undefined });
}

/** The error for a function, version or alias that does not exist. */
export function functionMissing({ arns }: Pick<AwsCall, 'arns'>, name: string, qualifier?: string): Error {
  return lamError('LAM_AWS_NOT_FOUND', { message: `Function not found: ${arns.function(name, qualifier)}` });
}

/** The name of a function in a request that is about functions alone. Throws `LAM_AWS_PARAMETER` for a qualifier. */
export function unqualified(call: AwsCall): FunctionName {
  const { name, qualifier } = namedIn(call);
  if (qualifier !== undefined && qualifier !== LATEST) throw functionsOnly();
  return name;
}

/** The error for a qualifier where an operation takes functions alone. */
export function functionsOnly(): Error {
  return lamError('LAM_AWS_PARAMETER', {
    message:
      'This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.',
  });
}

/** The error for an alias, or for a version, that does not exist, as operations word it that look it up by itself. */
export function qualifierMissing(call: Pick<AwsCall, 'arns'>, name: string, qualifier: string): Error {
  if (!isAliasName(qualifier)) return functionMissing(call, name, qualifier);
  return lamError('LAM_AWS_NOT_FOUND', { message: `Cannot find alias arn: ${call.arns.function(name, qualifier)}` });
}

/** What is looked up; undefined where the function, version or alias does not exist. Throws all other errors. */
export function unlessMissing<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (thrown) {
    if (isLamError(thrown) && thrown.code === 'LAM_AWS_NOT_FOUND') return undefined;
    throw thrown;
  }
}

/** Throws `LAM_AWS_REVISION` if a request has a `RevisionId` that is not `current`. @param look AWS's operations that tell it */
export function checkRevision(call: AwsCall, current: string, look = 'GetFunction/GetAlias'): void {
  const given = textIn(call.input, 'RevisionId');
  if (given !== undefined && given !== current) throw lamError('LAM_AWS_REVISION', { look });
}
