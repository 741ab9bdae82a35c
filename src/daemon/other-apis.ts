import type { Server } from 'node:http';
import type { Status } from '../contract/index.ts';
import { Audit, createGlambdarEdge, InvocationCounts, type EdgeOptions, type OtherApiParts } from '../edge/index.ts';
import type { Clock } from '../kit/index.ts';
import type { Store } from '../store/index.ts';
import { listenOnPort } from './listen.ts';
import { ownerCheck } from './owner-check.ts';

/** Where APIs of other products are served. */
export interface OtherApiSettings {
  /** Port of its own for Glambdar's API (0: any free one), or `off`; absent: beside functions only. */
  readonly glambdar?: 'off' | number;
}

/** What their APIs use, common to all listeners. */
export function otherApiParts(
  { glambdar }: OtherApiSettings,
  { apiStates }: Pick<Store, 'apiStates'>,
  clock: Clock,
): OtherApiParts {
  return {
    isGlambdarBeside: glambdar !== 'off',
    counts: new InvocationCounts(apiStates, clock),
    audit: new Audit(clock),
    isOwner: ownerCheck(),
  };
}

/** The ports of their own that APIs of other products have. */
export interface OtherApiPorts {
  readonly servers: readonly Server[];
  /** Listens. Throws `LAM_DAEMON_PORT_TAKEN` or `LAM_DAEMON_LISTEN_FAILED`. */
  start(host: string): Promise<void>;
  /** What the status says of them, once they listen. */
  status(): Pick<Status, 'glambdar'>;
}

/** Creates their servers; nothing listens yet. @param edge options of the HTTP port */
export function composeOtherPorts({ glambdar }: OtherApiSettings, edge: EdgeOptions): OtherApiPorts {
  const server = typeof glambdar === 'number' ? createGlambdarEdge(edge) : undefined;
  let port: number | undefined;
  return {
    servers: server === undefined ? [] : [server],
    async start(host) {
      if (server !== undefined) port = await listenOnPort(server, host, Number(glambdar));
    },
    status: () => (glambdar === 'off' ? { glambdar } : port === undefined ? {} : { glambdar: port }),
  };
}
