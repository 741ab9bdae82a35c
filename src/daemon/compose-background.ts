import { Background, type BackgroundOptions, type BackgroundSettings } from '../background/index.ts';
import { deliveryOf, type FunctionName } from '../contract/index.ts';
import type { Limits } from '../limits/index.ts';
import type { Router } from '../router/index.ts';
import { Deliveries, DELIVERY_SETTINGS, type DeliveryRooms } from './deliveries.ts';
import { runOn } from './deliver.ts';

/** Rooms that background invocations are wired to. */
export interface BackgroundRooms extends DeliveryRooms {
  readonly router: Router;
  readonly limits: Pick<Limits, 'allowance'>;
  readonly onTrouble: (what: string) => void;
  readonly onPhase: NonNullable<BackgroundOptions['onPhase']>;
}

/** What runs queued events, and sends the records of finished ones. */
export interface BackgroundWork {
  start(): void;
  /** As {@link Background.stop}. */
  stop(limitMs: number): Promise<void>;
}

/** Upper bound of the pause before the first retry (ms). */
const RETRY_DELAY_MS = 1000;

/** Wires the queue to registry and router. Nothing runs before it is started. */
export function composeBackground(rooms: BackgroundRooms): BackgroundWork {
  const { queue, registry, router, limits, clock, onTrouble, onPhase } = rooms;
  const deliveries = new Deliveries(rooms);
  const runFunction = runOn(router);
  const settingsOf = (functionName: FunctionName): BackgroundSettings | undefined => {
    if (deliveryOf(functionName) !== undefined) return DELIVERY_SETTINGS;
    if (!registry.has(functionName)) return undefined;
    const { maxConcurrency, maximumRetryAttempts } = registry.resolve(functionName).config;
    const { room, tokens, reserved } = limits.allowance(functionName);
    // One is tried with a reserved concurrency of 0: its refusal makes it a dead letter.
    const most = Math.max(1, Math.min(maxConcurrency, reserved));
    return { maxConcurrency: most, room, tokens, retries: maximumRetryAttempts, retryDelayMs: RETRY_DELAY_MS };
  };
  const background = new Background({
    queue,
    clock,
    run: (event, sink) => (event.destination === undefined ? runFunction : deliveries.run)(event, sink),
    followUpsOf: (finished) => deliveries.followUpsOf(finished),
    settingsOf,
    onPhase,
    onTrouble,
  });
  return {
    start: () => background.start(),
    async stop(limitMs) {
      await background.stop(limitMs);
      await deliveries.close();
    },
  };
}
