import type { TriggerConfig } from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';
import type { TriggerKind } from '../kind.ts';
import { parseRoute, ROUTE_METHODS, routeKey } from './route.ts';

/** A route at the root of the HTTP port. */
export interface HttpTrigger extends TriggerConfig {
  readonly type: 'http';
  /** `METHOD /path/{parameter}/{rest+}`. */
  readonly route: string;
}

const GRAMMAR = `\`METHOD /path/{parameter}/{rest+}\`; METHOD is one of ${ROUTE_METHODS.join(', ')}`;

/** HTTP routes. The edge serves them from its route table, so this kind has no running half. */
export const http: TriggerKind<HttpTrigger> = {
  type: 'http',
  noun: 'route',
  schema: {
    description: 'Serves HTTP requests; `routes` is the short form.',
    properties: { route: { description: `${GRAMMAR}.`, type: 'string', examples: ['GET /users/{id}'] } },
    required: ['route'],
  },
  shortForm: {
    key: 'routes',
    description: `HTTP routes, each ${GRAMMAR}. Short for \`triggers\` of type http.`,
    examples: [['GET /users/{id}', 'ANY /files/{path+}']],
    expand: (route) => ({ type: 'http', route }),
    itemOf: ({ route }) => route,
  },
  exclusive: {
    key: ({ route }) => {
      const parsed = parseRoute(route);
      return 'fault' in parsed ? route : routeKey(parsed);
    },
    clash: 'matches the same requests as',
    conflict: (mine, theirs) =>
      lamError('LAM_REGISTRY_ROUTE_CONFLICT', {
        name: mine.functionName,
        route: mine.config.route,
        owner: theirs.functionName,
        other: theirs.config.route,
      }),
  },
  nameOf: ({ route }) => route,
  fault: ({ route }) => {
    const parsed = parseRoute(route);
    return 'fault' in parsed ? { key: 'route', fault: parsed.fault } : undefined;
  },
};
