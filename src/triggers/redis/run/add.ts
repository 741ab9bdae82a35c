import type { Redis } from 'ioredis';
import type { DestinationContext, DestinationOpener, OpenDestination } from '../../destination.ts';
import type { RedisDestination } from '../destination.ts';
import { clientOf, lastErrorOf } from './server.ts';

/** Adds records to streams. */
export const redisOpener: DestinationOpener<RedisDestination> = { open: openStream };

async function openStream(
  { url, stream, create = false }: RedisDestination,
  context: DestinationContext,
): Promise<OpenDestination> {
  const client: Redis = clientOf(context.value(url), `lam-${context.functionName}`);
  const close = (): Promise<void> => {
    client.disconnect();
    return Promise.resolve();
  };
  try {
    await client.connect();
  } catch (error) {
    await close();
    throw lastErrorOf(client) ?? error;
  }
  return {
    async send({ id, body }) {
      const only = create ? [] : ['NOMKSTREAM'];
      const entry = ['id', id, 'record', Buffer.from(body)];
      const added = await client.call('XADD', stream, ...only, '*', ...entry);
      if (added === null) throw context.error(`there is no stream '${stream}'`);
    },
    close,
  };
}
