import type { DestinationContext, DestinationOpener, OpenDestination } from '../../destination.ts';
import type { PostgresDestination } from '../destination.ts';
import { clientOf, soon, tableOf } from './client.ts';
import { RECORD_COLUMNS } from './definition.ts';
import { asJsonb } from './jsonb.ts';
import { Outbox } from './outbox.ts';

/** Adds rows to outbox tables. */
export const postgresOpener: DestinationOpener<PostgresDestination> = { open: openTable };

async function openTable(config: PostgresDestination, context: DestinationContext): Promise<OpenDestination> {
  const { url, table, topic, create = false } = config;
  const client = clientOf(context.value(url), `lam ${context.functionName} ${context.outcome}`);
  const close = (): Promise<void> => soon(client.end(), context.clock);
  try {
    await client.connect();
    const outbox = new Outbox(client, tableOf(table), topic);
    const absence = await outbox.absence(RECORD_COLUMNS, create);
    if (absence !== undefined) throw context.error(`it has no ${absence}`);
    return {
      send: ({ id, body }) => outbox.add({ recordId: id, type: 'lam.record', data: asJsonb(body) }),
      close,
    };
  } catch (error) {
    void close().catch(() => undefined);
    throw error;
  }
}
