import type { AccessHost } from '../access/index.ts';
import type { Arns, FunctionName } from '../contract/index.ts';
import type { Clock } from '../kit/index.ts';
import type { Registry } from '../registry/index.ts';
import type { Router } from '../router/index.ts';
import type { Store } from '../store/index.ts';
import { keyRing } from './key-ring.ts';
import { keptReplays } from './kept-replays.ts';

/** Rooms that authorizers are wired to. */
interface AccessRooms {
  readonly arns: Arns;
  readonly registry: Registry;
  readonly router: Router;
  readonly store: Pick<Store, 'apiKeys' | 'apiStates' | 'awsCredentials'>;
  readonly clock: Clock;
  readonly onTrouble: (what: string) => void;
}

/** Wires authorizers to the registry, the router, the keys and what is kept of requests. */
export function accessHost({ arns, registry, router, store, clock, onTrouble }: AccessRooms): AccessHost {
  return {
    arns,
    clock,
    onTrouble,
    keys: keyRing(store, clock),
    apiKey(key) {
      const found = store.apiKeys.identify(key);
      // Those with scopes are for APIs.
      return found?.scopes.length === 0 ? found : undefined;
    },
    variable: variablesOf(registry),
    replays: keptReplays(store.apiStates, clock.now(), onTrouble),
    invoke: (name, event, traceId) =>
      new Promise((resolve, reject) => {
        router.start(
          { name, qualifier: undefined, event, traceId },
          {
            answered: ({ status, payload }) => resolve({ isSuccess: status === 'success', payload }),
            failed: reject,
          },
        );
      }),
  };
}

/** Returns what finds the value of a variable of a function's live version. */
export function variablesOf(registry: Registry): (functionName: FunctionName, name: string) => string | undefined {
  return (functionName, name) =>
    registry.has(functionName) ? registry.resolve(functionName).config.environment[name] : undefined;
}
