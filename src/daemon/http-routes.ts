import { RouteTable } from '../edge/index.ts';
import type { HttpTrigger, WebhookTrigger } from '../triggers/index.ts';
import type { DeployedTriggers } from '../triggers/supervisor/index.ts';

/** Returns the edge's route table of all live `http` triggers; rebuilt only after triggers changed. */
export function httpRoutes(deployed: DeployedTriggers): () => RouteTable {
  let revision = -1;
  let table = new RouteTable([]);
  return () => {
    if (deployed.revision !== revision) {
      ({ revision } = deployed);
      table = new RouteTable(
        deployed.ofType('http').map(({ functionName, config }) => ({ functionName, config: config as HttpTrigger })),
        new Map(
          deployed.ofType('webhook').map(({ functionName, config }) => [functionName, (config as WebhookTrigger).path]),
        ),
      );
    }
    return table;
  };
}
