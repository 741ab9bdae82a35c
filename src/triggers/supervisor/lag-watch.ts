import type { TriggerState } from '../../contract/index.ts';
import type { Clock } from '../../kit/index.ts';
import { triggerKey, type TriggerIdentity } from './kept.ts';

/** Pause between two looks (ms), that between two measurements of a source. */
const EVERY_MS = 5000;

/** Is told of the messages that wait for a trigger, see {@link TriggerState.lag}; undefined: not known any more. */
export type OnLag = (
  trigger: TriggerIdentity,
  lag: number | undefined,
  parts: Readonly<Record<string, number>>,
) => void;

/** Tells of the lag of all triggers every 5 s, until the returned function is called. */
export function watchLags(
  clock: Clock,
  triggers: () => Iterable<readonly [TriggerIdentity, Pick<TriggerState, 'lag' | 'lags'>]>,
  onLag: OnLag,
): () => void {
  let known = new Map<string, TriggerIdentity>();
  const look = (): void => {
    const now = new Map<string, TriggerIdentity>();
    for (const [trigger, { lag, lags = {} }] of triggers()) {
      if (lag === undefined) continue;
      now.set(triggerKey(trigger), trigger);
      onLag(trigger, lag, lags);
    }
    for (const [key, trigger] of known) if (!now.has(key)) onLag(trigger, undefined, {});
    known = now;
  };
  return clock.every(EVERY_MS, look);
}
