import type { Redis } from 'ioredis';
import { messageOf as wordsOf } from '../../../errors/index.ts';
import { addressOf } from '../../source/run/payload.ts';
import { sourceStarter, type SourceContext } from '../../source/run/source-starter.ts';
import type { RedisTrigger } from '../redis.ts';
import { redisShape, type RedisEntry } from './redis-entry.ts';
import { RedisConnection } from './redis-connection.ts';
import { clientOf, lastErrorOf } from './server.ts';

const USUAL_PORT = 6379;

/** Runs triggers of type `redis`. */
export const redisStarter = sourceStarter<RedisTrigger, RedisEntry>({
  source: 'Redis',
  at: ({ url }, value) => addressOf(value(url), USUAL_PORT),
  shape: redisShape,
  connect: connectTo,
});

async function connectTo(context: SourceContext<RedisTrigger>): Promise<RedisConnection> {
  const url = context.value(context.config.url);
  const name = `lam-${context.host.functionName}`;
  const [reader, writer] = [clientOf(url, name), clientOf(url, name)];
  const connection = new RedisConnection({ reader, writer, context, at: addressOf(url, USUAL_PORT) });
  try {
    for (const client of [reader, writer]) await connected(client, context);
    await connection.prepare();
  } catch (error) {
    await connection.close();
    throw error;
  }
  // From now on their end is a loss; before, it was told by what failed.
  for (const client of [reader, writer]) client.once('end', () => context.lost(lastErrorOf(client) ?? 'it was closed'));
  return connection;
}

async function connected(client: Redis, context: SourceContext<RedisTrigger>): Promise<void> {
  try {
    await client.connect();
    // Servers let clients connect without or with wrong credentials, and refuse their commands.
    await client.ping();
  } catch (error) {
    const why = lastErrorOf(client) ?? error;
    const isDenied = [why, error].some((one) => /NOAUTH|WRONGPASS|NOPERM|invalid password/i.test(wordsOf(one)));
    throw context.error(isDenied ? 'LAM_TRIGGERS_SOURCE_DENIED' : 'LAM_TRIGGERS_SOURCE_UNREACHABLE', why);
  }
}
