import { createHash } from 'node:crypto';
import type { AccessHost } from '../access/index.ts';
import { messageOf } from '../errors/index.ts';
import type { EpochMs } from '../kit/index.ts';
import type { Store } from '../store/index.ts';

/** Before the JSON of function, mark of the settings and digest, as one list. */
const PREFIX = 'replay ';

type States = Store['apiStates'];

/** Where it is kept which signed requests were accepted; forgets at its creation what is past at `now`. */
export function keptReplays(states: States, now: EpochMs, onTrouble: (what: string) => void): AccessHost['replays'] {
  const set = (key: string, value: EpochMs | undefined): void => {
    states.set(key, value).catch((error: unknown) => {
      onTrouble(`which signed requests were accepted could not be stored: ${messageOf(error)}`);
    });
  };
  const keys = (): readonly string[] => states.keys().filter((key) => key.startsWith(PREFIX));
  for (const key of keys()) if (!(Number(states.get(key)) > now)) set(key, undefined);
  return (functionName, settings) => {
    const mark = createHash('sha256').update(settings).digest('base64url').slice(0, 16);
    const keyOf = (digest: string): string => `${PREFIX}${JSON.stringify([functionName, mark, digest])}`;
    const start = keyOf('').slice(0, -2);
    return {
      all: () =>
        keys()
          .filter((key) => key.startsWith(start))
          .map((key) => [key.slice(start.length, -2), Number(states.get(key))] as const),
      set: (digest, until) => set(keyOf(digest), until),
    };
  };
}
