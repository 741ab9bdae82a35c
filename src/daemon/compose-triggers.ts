import type { RouteTable, WebhookPort } from '../edge/index.ts';
import type { Clock, EpochMs } from '../kit/index.ts';
import type { Observers } from '../observer/index.ts';
import type { Pool } from '../pool/index.ts';
import type { AcceptingRooms } from '../operations/index.ts';
import type { InvocationQueue } from '../queue/index.ts';
import type { Registry } from '../registry/index.ts';
import type { Router } from '../router/index.ts';
import type { StateJournal } from '../store/index.ts';
import type { TriggerKind } from '../triggers/index.ts';
import { DeployedTriggers, TriggerSupervisor } from '../triggers/supervisor/index.ts';
import { variablesOf } from './access-host.ts';
import { deliverTo, enqueueTo, followIn, requestIdOf } from './deliver.ts';
import { FollowedInvocations } from './followed-invocations.ts';
import { httpRoutes } from './http-routes.ts';
import { Webhooks } from './webhooks.ts';
import type { Arns, FunctionName } from '../contract/index.ts';

/** Rooms that triggers are wired to. */
export interface TriggerRooms {
  readonly registry: Registry;
  readonly router: Router;
  readonly queue: InvocationQueue;
  readonly pool: Pool;
  readonly clock: Clock;
  readonly arns: Arns;
  readonly kinds: readonly TriggerKind[];
  /** The daemon's own folder. */
  readonly home: string;
  /** What triggers keep. */
  readonly states: StateJournal;
  readonly onTrouble: (what: string) => void;
  readonly observers: Observers | undefined;
  /** As in {@link AcceptingRooms}. */
  readonly onAccepted?: AcceptingRooms['onAccepted'];
}

/** The supervisor of live triggers, and the route table of those that the edge serves. */
export interface LiveTriggers {
  readonly supervisor: TriggerSupervisor;
  readonly routes: () => RouteTable;
  readonly webhooks: WebhookPort;
}

/** Wires triggers to registry, router and pool. No trigger runs before the supervisor is started. */
export function composeTriggers({
  registry,
  router,
  queue,
  pool,
  clock,
  arns,
  kinds,
  home,
  states,
  onTrouble,
  observers,
  onAccepted,
}: TriggerRooms): LiveTriggers {
  const deployed = new DeployedTriggers(registry);
  const webhooks = new Webhooks(deployed);
  const followed = new FollowedInvocations(queue);
  const expect = (functionName: FunctionName, at: EpochMs): void => {
    if (registry.has(functionName)) pool.expect(registry.resolve(functionName), at);
  };
  return {
    supervisor: new TriggerSupervisor({
      kinds,
      deployed,
      clock,
      arns,
      home,
      deliver: deliverTo(router),
      enqueue: enqueueTo({ registry, queue, clock, onAccepted }, followed),
      follow: followIn(followed),
      requestIdOf,
      expect,
      variable: variablesOf(registry),
      receive: (path, receiver) => webhooks.open(path, receiver),
      states,
      onTrouble,
      ...(observers === undefined
        ? {}
        : {
            onCount: (trigger, phase, count) => observers.trigger(trigger, phase, count),
            onLag: (trigger, lag, parts) => observers.lag(trigger, lag, parts),
          }),
    }),
    routes: httpRoutes(deployed),
    webhooks,
  };
}
