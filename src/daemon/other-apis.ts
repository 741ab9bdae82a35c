import type { Server } from 'node:http';
import type { OtherApiPort, Status } from '../contract/index.ts';
import {
  Audit,
  IdempotentChanges,
  createGlambdarEdge,
  createMiniEdge,
  InvocationCounts,
  type EdgeOptions,
  type MiniMetrics,
  type OtherApiParts,
} from '../edge/index.ts';
import type { Clock } from '../kit/index.ts';
import type { Store } from '../store/index.ts';
import { listenOnPort } from './listen.ts';
import { ownerCheck } from './owner-check.ts';

/** Where APIs of other products are served. */
export interface OtherApiSettings {
  /** Port of its own for Glambdar's API (0: any free one), or `off`; absent: beside functions only. */
  readonly glambdar?: OtherApiPort;
  /** Port of Mini-Lambda's API (0: any free one); `off` or absent: it is not served. */
  readonly miniLambda?: OtherApiPort;
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
    idempotent: new IdempotentChanges(apiStates, clock),
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
  status(): Pick<Status, 'glambdar' | 'miniLambda'>;
}

/**
 * Creates their servers; nothing listens yet. @param edge options of the HTTP port
 * @param metrics absent where Mini-Lambda's API is not served
 */
export function composeOtherPorts(
  { glambdar, miniLambda }: OtherApiSettings,
  edge: EdgeOptions,
  metrics: MiniMetrics | undefined,
): OtherApiPorts {
  const ofGlambdar = typeof glambdar === 'number' ? new OwnPort(createGlambdarEdge(edge), glambdar) : undefined;
  const ofMiniLambda =
    typeof miniLambda === 'number' && metrics !== undefined
      ? new OwnPort(createMiniEdge(edge, metrics), miniLambda)
      : undefined;
  const ports = [ofGlambdar, ofMiniLambda].filter((port) => port !== undefined);
  return {
    servers: ports.map(({ server }) => server),
    async start(host) {
      for (const port of ports) await port.start(host);
    },
    status: () => ({
      ...(glambdar === 'off' ? { glambdar } : ofGlambdar === undefined ? {} : { glambdar: ofGlambdar.number }),
      ...(ofMiniLambda === undefined ? {} : { miniLambda: ofMiniLambda.number }),
    }),
  };
}

/** A server with a port of its own. */
class OwnPort {
  readonly server: Server;
  /** The port, or what was asked for until it listens. */
  number: number;

  constructor(server: Server, number: number) {
    this.server = server;
    this.number = number;
  }

  async start(host: string): Promise<void> {
    this.number = await listenOnPort(this.server, host, this.number);
  }
}
