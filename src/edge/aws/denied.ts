import type { Arns } from '../../contract/index.ts';
import type { LamError } from '../../errors/index.ts';

/** AWS's message for an operation that a key does not allow; undefined for any other error. Pure. */
export function deniedMessage(
  arns: Arns,
  service: string,
  operation: string,
  { code, details }: LamError,
): string | undefined {
  if (code !== 'LAM_OPERATIONS_NOT_ALLOWED') return undefined;
  const { key, name } = details;
  const resource =
    typeof name !== 'string' ? '*' : service === 'logs' ? arns.logGroup(`/aws/lambda/${name}`) : arns.function(name);
  const action = `${service}:${operation}`;
  return `User: ${arns.iam(`user/${String(key)}`)} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;
}
