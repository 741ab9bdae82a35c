import type { Arns } from '../../../contract/index.ts';
import type { LamError } from '../../../errors/index.ts';
import type { AwsWords } from '../../aws/answers.ts';
import { servedModel } from './model/model.ts';

/** Statuses that AWS uses where lam's own differs, by the names of exceptions. */
const STATUS: Readonly<Record<string, number>> = {
  InvalidParameterValueException: 400,
  ResourceConflictException: 409,
  PreconditionFailedException: 412,
};

/**
 * Says an error of another room in AWS's words. Pure. @param qualifier at the end of the ARN of a function that does not
 * exist
 */
export function awsWords(arns: Arns, { code, details, awsName, kind }: LamError, qualifier?: string): AwsWords {
  const text = (name: string): string => String(details[name]);
  switch (code) {
    case 'LAM_REGISTRY_FUNCTION_NOT_FOUND':
      return { message: `Function not found: ${arns.function(text('name'), qualifier)}` };
    case 'LAM_REGISTRY_VERSION_NOT_FOUND':
      return { message: `Function not found: ${arns.function(text('name'), text('version'))}` };
    case 'LAM_REGISTRY_ALIAS_NOT_FOUND':
      return { message: `Function not found: ${arns.function(text('name'), text('alias'))}` };
    case 'LAM_EDGE_BAD_NAME':
      return notAName(text('name'));
    case 'LAM_REGISTRY_UNKNOWN_RUNTIME':
      return { status: 400, message: unknownRuntime(text('runtime'), details['known'] as readonly string[]) };
    case 'LAM_LIMITS_RESERVED':
      return { message: 'Rate Exceeded.' };
    case 'LAM_EDGE_PAYLOAD_TOO_LARGE':
      return Number(details['limit']) > 50_000_000
        ? {
            name: 'RequestEntityTooLargeException',
            message: `Request must be smaller than ${text('limit')} bytes for the CreateFunction operation`,
          }
        : {};
    default: {
      const status = STATUS[awsName];
      if (status !== undefined) return { status };
      // What nobody named for AWS: the caller's faults keep their texts under AWS's general name.
      const isCallers = kind === 'invalid_argument' || kind === 'tool_missing' || kind === 'build_failed';
      return isCallers && awsName === 'ServiceException' ? { name: 'InvalidParameterValueException', status: 400 } : {};
    }
  }
}

function notAName(name: string): AwsWords {
  const at = `1 validation error detected: Value '${name}' at 'functionName' failed to satisfy constraint:`;
  if (/^[a-zA-Z0-9-_]{65,}$/.test(name))
    return { status: 400, message: `${at} Member must have length less than or equal to 64` };
  const { pattern = '' } = servedModel().model.shapes['NamespacedFunctionName'] ?? {};
  return { name: 'ValidationException', message: `${at} Member must satisfy regular expression pattern: ${pattern}` };
}

function unknownRuntime(runtime: string, known: readonly string[]): string {
  return `Value ${runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [${known.join(', ')}] or be a valid ARN`;
}
