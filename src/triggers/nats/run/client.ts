import { AuthorizationError, connect, type NatsConnection } from '@nats-io/transport-node';
import type { Clock } from '../../../kit/index.ts';
import { addressOf } from '../../source/run/payload.ts';
import type { SourceContext } from '../../source/run/source-starter.ts';
import type { SourceConfig } from '../../source/settings.ts';

/** Longest time to connect (ms). */
const CONNECT_MS = 10_000;
/** Longest time until an answer of a server (ms). */
export const ANSWER_MS = 10_000;
/** A connection without a sign of life for two of these is lost (ms). */
const PING_MS = 10_000;
/** Longest time to say goodbye to a server (ms). */
const CLOSE_MS = 2000;
const USUAL_PORT = 4222;

/** `host:port` of a server. */
export function natsAddress(url: string): string {
  return addressOf(url, USUAL_PORT);
}

/** Connects to a server, once only. `name` is shown by the server. Rejects with the error of the package. */
export function connectNats(url: string, name: string): Promise<NatsConnection> {
  return connect({
    servers: natsAddress(url),
    ...credentialsOf(new URL(url)),
    name,
    timeout: CONNECT_MS,
    pingInterval: PING_MS,
    maxPingOut: 2,
    reconnect: false,
    ignoreClusterUpdates: true,
    ...(/^tls:/i.test(url) ? { tls: {} } : {}),
  });
}

/** Connects a trigger; its supervisor connects again. Throws `LAM_TRIGGERS_SOURCE_DENIED` and any error. */
export async function connectTrigger<C extends SourceConfig & { readonly url: string }>(
  context: SourceContext<C>,
): Promise<NatsConnection> {
  const { functionName, name } = context.host;
  let client: NatsConnection;
  try {
    client = await connectNats(context.value(context.config.url), `lam ${functionName} ${name}`);
  } catch (error) {
    throw error instanceof AuthorizationError ? context.error('LAM_TRIGGERS_SOURCE_DENIED', error) : error;
  }
  void watch(client, context);
  return client;
}

function credentialsOf({ username, password }: URL): { user?: string; pass?: string; token?: string } {
  const [user, pass] = [decodeURIComponent(username), decodeURIComponent(password)];
  if (user === '') return pass === '' ? {} : { user, pass };
  return pass === '' ? { token: user } : { user, pass };
}

/** Reports the end of a connection, and refusals that no call is told about: of publishing, for instance. */
async function watch<C extends SourceConfig>(client: NatsConnection, context: SourceContext<C>): Promise<void> {
  let lost: unknown;
  void client.closed().then((error) => context.lost(error instanceof Error ? error : (lost ?? 'it was closed')));
  for await (const status of client.status()) {
    if (status.type !== 'error') continue;
    lost ??= status.error;
    context.lost(status.error);
  }
}

/** Closes a connection, after what was published has reached the server; a silent one is not waited for. */
export async function closeNats(client: NatsConnection, clock: Clock): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(CLOSE_MS, resolve);
  const flushed = client.isClosed() ? undefined : client.flush().catch(() => undefined);
  await Promise.race([flushed, promise]).finally(cancel);
  await client.close();
}
