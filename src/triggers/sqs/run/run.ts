import { SQSClient } from '@aws-sdk/client-sqs';
import { REGION } from '../../../contract/index.ts';
import { isLamError } from '../../../errors/index.ts';
import { addressOf } from '../../source/run/payload.ts';
import { sourceStarter, type SourceContext } from '../../source/run/source-starter.ts';
import { parseQueue } from '../queue-name.ts';
import type { SqsTrigger } from '../sqs.ts';
import { findQueues } from './queues.ts';
import { SqsConnection } from './sqs-connection.ts';
import type { SqsMessage } from './sqs-message.ts';
import { sqsShape } from './sqs-shape.ts';

/** Longest time to connect (ms). */
const CONNECT_MS = 10_000;
/** Longest time until an answer (ms). */
const ANSWER_MS = 10_000;

/** Keys for servers that check none: requests must be signed with something. */
const ANY_KEYS = { accessKeyId: 'lam', secretAccessKey: 'lam' } as const;

/** Names of errors that mean that the credentials are wrong or may not do it. */
const REFUSALS: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'ExpiredToken',
  'IncompleteSignature',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidSecurity',
  'InvalidSignatureException',
  'MissingAuthenticationToken',
  'NotAuthorized',
  'OptInRequired',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);

/** Runs triggers of type `sqs`. */
export const sqsStarter = sourceStarter<SqsTrigger, SqsMessage>({
  source: 'SQS',
  at: (config, value) =>
    config.endpoint === undefined
      ? `sqs.${regionOf(config, value)}.amazonaws.com:443`
      : addressOf(value(config.endpoint), value(config.endpoint).startsWith('https:') ? 443 : 80),
  shape: sqsShape,
  connect: connectTo,
});

async function connectTo(context: SourceContext<SqsTrigger>): Promise<SqsConnection> {
  const region = regionOf(context.config, (text) => context.value(text));
  const client = clientOf(context, region);
  try {
    const queues = await findQueues(client, context);
    return new SqsConnection({ client, context, queues, region });
  } catch (error) {
    client.destroy();
    if (isLamError(error)) throw error;
    throw context.error(isRefusal(error) ? 'LAM_TRIGGERS_SOURCE_DENIED' : 'LAM_TRIGGERS_SOURCE_UNREACHABLE', error);
  }
}

function clientOf({ config, value }: SourceContext<SqsTrigger>, region: string): SQSClient {
  const { endpoint, accessKeyId, secretAccessKey, sessionToken } = config;
  const token = sessionToken === undefined ? {} : { sessionToken: value(sessionToken) };
  return new SQSClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint: value(endpoint) }),
    // A server may know itself by another name than its clients do.
    useQueueUrlAsEndpoint: endpoint === undefined,
    credentials:
      accessKeyId === undefined || secretAccessKey === undefined
        ? ANY_KEYS
        : { accessKeyId: value(accessKeyId), secretAccessKey: value(secretAccessKey), ...token },
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS, throwOnRequestTimeout: true },
  });
}

function regionOf({ region, queue }: SqsTrigger, value: (text: string) => string): string {
  return region === undefined ? (parseQueue(queue)?.region ?? REGION) : value(region);
}

function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  return REFUSALS.has(error.name) || $metadata?.httpStatusCode === 401 || $metadata?.httpStatusCode === 403;
}
