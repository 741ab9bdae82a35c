import type { KindFault, SettingSchema } from '../kind.ts';
import { secretFault, urlFault } from '../source/references.ts';

/** Where the API of SQS is, and the credentials for it. */
export interface SqsAccess {
  readonly endpoint?: string;
  readonly region?: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
}

/** Schema of {@link SqsAccess}. */
export const SQS_ACCESS = {
  endpoint: {
    description: 'Address of the API, by default that of AWS in the region. `${NAME}` stands for a variable.',
    type: 'string',
    minLength: 1,
    examples: ['http://localhost:9324'],
  },
  region: {
    description: "Region of the queue, by default that of its ARN, or else us-east-1. '${NAME}' stands for a variable.",
    type: 'string',
    minLength: 1,
    examples: ['eu-central-1'],
  },
  accessKeyId: {
    description: 'Access key. Needed unless there is an `endpoint`.',
    type: 'string',
    minLength: 1,
    examples: ['${AWS_ACCESS_KEY_ID}'],
  },
  secretAccessKey: {
    description: 'Secret of the access key, as `${NAME}` of a variable of the function.',
    type: 'string',
    minLength: 1,
    examples: ['${AWS_SECRET_ACCESS_KEY}'],
  },
  sessionToken: {
    description: 'Session token of temporary credentials, as `${NAME}` of a variable of the function.',
    type: 'string',
    minLength: 1,
    examples: ['${AWS_SESSION_TOKEN}'],
  },
} as const satisfies Readonly<Record<keyof SqsAccess, SettingSchema>>;

/** Returns the first fault of the settings of {@link SqsAccess}, or undefined. */
export function accessFault(config: SqsAccess): KindFault | undefined {
  const { endpoint, accessKeyId, secretAccessKey } = config;
  const fault = endpoint === undefined ? undefined : urlFault(endpoint, ['http', 'https']);
  if (fault !== undefined) return { key: 'endpoint', fault: `has a faulty endpoint: it ${fault}` };
  for (const key of ['secretAccessKey', 'sessionToken'] as const) {
    const secret = secretFault(config[key]);
    if (secret !== undefined) return { key, fault: `has a faulty ${key}: it ${secret}` };
  }
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    const key = accessKeyId === undefined ? 'accessKeyId' : 'secretAccessKey';
    return { key, fault: `needs '${key}' too: accessKeyId and secretAccessKey belong together` };
  }
  if (endpoint === undefined && accessKeyId === undefined)
    return { key: 'accessKeyId', fault: "needs 'accessKeyId' and 'secretAccessKey' for AWS, or an 'endpoint'" };
  return undefined;
}
