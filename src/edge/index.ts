export { createEdge, RouteTable, type EdgeOptions } from './apis/index.ts';
export type { ConnectionCaps } from './connection-limit.ts';
export { oneToken, type Door, type TokenStore } from './guard.ts';
