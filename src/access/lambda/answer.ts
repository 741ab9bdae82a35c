import { isAllowed } from './policy.ts';

/** What a Lambda authorizer decided. */
export interface AuthorizerAnswer {
  readonly isAllowed: boolean;
  /** Passed to the function. */
  readonly context: Readonly<Record<string, unknown>>;
  readonly principalId: string | undefined;
}

/**
 * Reads the answer of a Lambda authorizer: a simple response (`isAuthorized`) or an IAM policy, whose statements are
 * matched with the route's ARN. Returns what is wrong with any other, as words to follow `the authorizer answered`. Pure.
 */
export function answerOf(payload: Uint8Array, routeArn: string): AuthorizerAnswer | string {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(payload).toString());
  } catch {
    return 'no JSON';
  }
  if (!isMap(value)) return 'no JSON object';
  const { isAuthorized, policyDocument, principalId, context = {} } = value;
  if (!isMap(context)) return 'a context that is no object';
  const principal = typeof principalId === 'string' ? principalId : undefined;
  if (typeof isAuthorized === 'boolean') return { isAllowed: isAuthorized, context, principalId: principal };
  if (policyDocument === undefined) return 'neither isAuthorized nor policyDocument';
  const allowed = isAllowed(policyDocument, routeArn);
  return typeof allowed === 'string' ? allowed : { isAllowed: allowed, context, principalId: principal };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
