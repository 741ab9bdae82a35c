export {
  createCallsEdge,
  createEdge,
  RouteTable,
  type CallsEdgeOptions,
  type EdgeOptions,
  type HttpForm,
  type StaticFile,
  type StaticSource,
} from './apis/index.ts';
export type { Callers } from './callers.ts';
export type { AccessLog } from './access-log.ts';
export type { ConnectionCaps } from './connection-limit.ts';
export { oneToken, type Door, type TokenStore } from './guard.ts';
