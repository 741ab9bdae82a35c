import assert from 'node:assert/strict';
import type { DestinationConfig } from '../../../src/contract/index.ts';
import type { Cable } from './cable.ts';
import { deliveryOf, sendEvent } from './deliveries.ts';
import { sourceHouse, until } from './source-house.ts';

/** What {@link checkDestination} needs to know of a kind. */
export interface CheckedDestination {
  /** The destination, without `create`; its broker has no such place yet, and asks for the variable `PASSWORD`. */
  readonly config: DestinationConfig;
  /** The password. */
  readonly password: string;
  /** Why a wrong password is refused. */
  readonly refusal: RegExp;
  /** Why a record cannot be sent as long as the place is missing; absent where it needs none. */
  readonly absence?: RegExp;
  /** By which the daemon reaches the broker. */
  readonly cable: Cable;
  /** Returns the records that have arrived so far. */
  readonly received: () => Promise<readonly string[]>;
}

/** A password that no broker accepts. */
const WRONG = 'wr0ng/word';

/**
 * Checks a destination: a wrong password and a missing place are told and hide the password, records arrive once they
 * can, each once, also over a lost connection. Returns them in the order of their events.
 */
export async function checkDestination(about: CheckedDestination): Promise<readonly string[]> {
  const { config, password, refusal, absence, cable, received } = about;
  await using sender = await sourceHouse(() => 'done');
  const { house } = sender;
  const goTo = async (onSuccess: DestinationConfig, word: string): Promise<void> => {
    await house.publish('consumer', { onSuccess, environment: { PASSWORD: word } });
  };
  await goTo(config, WRONG);
  const first = await sendEvent(house, '1');
  const failsWith = (why: RegExp): Promise<void> =>
    until(async () => {
      const payload = (await deliveryOf(house, first))?.payload ?? '';
      for (const secret of [WRONG, password])
        for (const text of [secret, encodeURIComponent(secret)]) assert.ok(!payload.includes(text), payload);
      return why.test(payload);
    });
  await failsWith(refusal);
  await goTo(config, password);
  if (absence !== undefined) {
    await failsWith(absence);
    await goTo({ ...config, create: true }, password);
  }
  await until(async () => (await deliveryOf(house, first))?.state === 'COMPLETED');
  cable.cut();
  const second = await sendEvent(house, '2');
  await until(async () => ((await deliveryOf(house, second))?.attempts ?? 0) > 0);
  cable.mend();
  await until(async () => (await deliveryOf(house, second))?.state === 'COMPLETED');
  const payloadOf = (record: string): number => (JSON.parse(record) as { requestPayload: number }).requestPayload;
  let arrived: readonly string[] = [];
  await until(async () => (arrived = await received()).length >= 2);
  const records = arrived.toSorted((a, b) => payloadOf(a) - payloadOf(b));
  assert.deepEqual(
    records.map((record) => payloadOf(record)),
    [1, 2],
  );
  return records;
}
