export { type RegistryChange } from './events.ts';
export { Registry, type RegistryOptions } from './registry.ts';
export { type Revision } from './revision.ts';
export { type LiveRoute, type RouteTable } from './routes.ts';
export { type Surroundings } from './views.ts';
