export type { ServiceKeys } from './aws/s3-object.ts';
export {
  Audit,
  IdempotentChanges,
  createCallsEdge,
  createEdge,
  createGlambdarEdge,
  createMiniEdge,
  InvocationCounts,
  MiniMetrics,
  RouteTable,
  type CallsEdgeOptions,
  type EdgeOptions,
  type HttpForm,
  type OtherApiParts,
  type StaticFile,
  type StaticSource,
  type WebhookPort,
} from './apis/index.ts';
export type { CallingSandboxes } from './calling-sandboxes.ts';
export type { AccessLog } from './access-log.ts';
export type { ConnectionCaps } from './connection-limit.ts';
export { oneToken, type Door, type TokenStore } from './guard.ts';
