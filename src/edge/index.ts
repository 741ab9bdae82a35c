export { createEdge, type EdgeOptions } from './server.ts';
export { RouteTable, type DeclaredRoute } from './apis/functions/route-table.ts';
export type { Door } from './guard.ts';
