export { createEdge, RouteTable, type EdgeOptions } from './apis/index.ts';
export { oneToken, type Door, type TokenStore } from './guard.ts';
