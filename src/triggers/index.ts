export {
  checkConflicts,
  declarationFaults,
  filesOfTriggers,
  kindOf,
  newTriggerFaults,
  triggerName,
  variablesOf,
} from './declared.ts';
export { endpointsOf } from './endpoints.ts';
export { DESTINATION_KINDS } from './destination-kinds.ts';
export type { DestinationKind } from './destination.ts';
export { readDestination } from './read-destination.ts';
export { corsFault, type CorsOptions } from './http/cors.ts';
export { requestedHost } from './http/host.ts';
export { hostsOf, routeName, routeOf, type HttpTrigger } from './http/http.ts';
export { DEFAULT_ROUTE, type Route, type RouteMethod, type RouteSegment } from './http/route.ts';
export { staticPlace } from './http/static.ts';
export { type Declared, type TriggerKind } from './kind.ts';
export { TRIGGER_KINDS } from './kinds.ts';
export {
  type Deliver,
  type EnqueueEvent,
  type EventEnded,
  type EventIdentity,
  type FollowEvent,
  type TriggerEvent,
  type WebhookReceiver,
  type WebhookRequest,
} from './running.ts';
export { MOST_WEBHOOK_BYTES, type WebhookTrigger } from './webhook/webhook.ts';
export { compilePattern } from './source/filter-pattern.ts';
export { parseQueue } from './sqs/queue-name.ts';
export { variablesIn } from './source/references.ts';
export { NAME_SCHEMA, shapeFaults } from './shape.ts';
export { triggerSettingText } from './setting-text.ts';
export {
  expandShortForms,
  inShortForms,
  namesInShortForm,
  overrideTriggers,
  shortFormsOf,
  withoutShortForm,
} from './short-forms.ts';
