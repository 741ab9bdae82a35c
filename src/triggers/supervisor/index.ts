export { DeployedTriggers } from './deployed.ts';
export { TriggerSupervisor } from './supervisor.ts';
export { Destinations } from './destinations.ts';
export type { TriggerIdentity } from './kept.ts';
