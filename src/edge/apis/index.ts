import type { Server } from 'node:http';
import type { Clock } from '../../kit/index.ts';
import type { Operations } from '../../operations/index.ts';
import type { Router } from '../../router/index.ts';
import type { Api } from '../api.ts';
import type { Door } from '../guard.ts';
import { createServer } from '../server.ts';
import { awsApi } from './aws-lambda/api.ts';
import { controlApi } from './control/api.ts';
import { functionsApi } from './functions/api.ts';
import type { RouteTable } from './functions/route-table.ts';

export { RouteTable } from './functions/route-table.ts';

export interface EdgeOptions {
  readonly router: Router;
  readonly operations: Operations;
  readonly clock: Clock;
  /** The table of the live versions' routes; asked for per request, so it must be cached. */
  readonly routes: () => RouteTable;
  readonly exists: (functionName: string) => boolean;
  /** A number that changes whenever `routes` or `exists` may answer otherwise; asked for per request. */
  readonly generation: () => number;
  readonly door: Door;
  /** Told of request and response bodies that took memory outside V8's heap, bytes. */
  readonly onBody?: (bytes: number) => void;
}

type MakeApi = (options: EdgeOptions) => Api;

/** The wire APIs of each door in the order in which they are asked. Functions have the root, so they come last. */
const APIS: Readonly<Record<Door['kind'], readonly MakeApi[]>> = {
  port: [awsApi, controlApi, functionsApi],
  socket: [awsApi, controlApi, functionsApi],
};

/** Creates the HTTP server of one door; does not listen yet. */
export function createEdge(options: EdgeOptions): Server {
  const { clock, door, onBody } = options;
  return createServer({ apis: APIS[door.kind].map((make) => make(options)), clock, onBody });
}
