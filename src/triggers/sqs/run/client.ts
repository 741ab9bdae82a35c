import { SQSClient } from '@aws-sdk/client-sqs';
import { DEFAULT_PLACE } from '../../../contract/index.ts';
import type { SqsAccess } from '../access.ts';
import { parseQueue } from '../queue-name.ts';

/** Longest time to connect (ms). */
const CONNECT_MS = 10_000;
/** Longest time until an answer (ms). */
const ANSWER_MS = 10_000;

/** Keys for servers that check none: requests must be signed with something. */
const ANY_KEYS = { accessKeyId: 'lam', secretAccessKey: 'lam' } as const;

type QueueAccess = SqsAccess & { readonly queue: string };

/** Makes a client for the API of a queue. `value` resolves references. */
export function clientOf(config: QueueAccess, value: (text: string) => string): SQSClient {
  const { endpoint, accessKeyId, secretAccessKey, sessionToken } = config;
  const token = sessionToken === undefined ? {} : { sessionToken: value(sessionToken) };
  return new SQSClient({
    region: regionOf(config, value),
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

/** Returns the region of a queue. `value` resolves references. */
export function regionOf({ region, queue }: QueueAccess, value: (text: string) => string): string {
  return region === undefined ? (parseQueue(queue)?.region ?? DEFAULT_PLACE.region) : value(region);
}
