import { Background, type BackgroundSettings } from '../background/index.ts';
import type { FunctionName } from '../contract/index.ts';
import type { Clock } from '../kit/index.ts';
import type { InvocationQueue } from '../queue/index.ts';
import type { Registry } from '../registry/index.ts';
import type { Router } from '../router/index.ts';
import { runOn } from './deliver.ts';

/** Rooms that background invocations are wired to. */
export interface BackgroundRooms {
  readonly queue: InvocationQueue;
  readonly registry: Registry;
  readonly router: Router;
  readonly clock: Clock;
  readonly onTrouble: (what: string) => void;
}

/** Attempts after the first; AWS's default. */
const RETRIES = 2;
/** Upper bound of the pause before the first retry (ms). */
const RETRY_DELAY_MS = 1000;

/** Wires the queue to registry and router. Nothing runs before it is started. */
export function composeBackground({ queue, registry, router, clock, onTrouble }: BackgroundRooms): Background {
  const settingsOf = (functionName: FunctionName): BackgroundSettings | undefined => {
    if (!registry.has(functionName)) return undefined;
    const { maxConcurrency } = registry.resolve(functionName).config;
    return { maxConcurrency, retries: RETRIES, retryDelayMs: RETRY_DELAY_MS };
  };
  return new Background({ queue, clock, run: runOn(router), settingsOf, onTrouble });
}
