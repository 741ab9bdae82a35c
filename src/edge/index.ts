export { createEdge, type EdgeOptions } from './server.ts';
export { RouteTable, type DeclaredRoute } from './route-table.ts';
export type { Door } from './guard.ts';
export type { ControlServices } from './control/services.ts';
