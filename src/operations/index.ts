export { createOperations, type Operations, type OperationsRooms, type RuntimeOperations } from './operations.ts';
export { type AliasOperations } from './aliases.ts';
export { type ArtifactOperations } from './artifacts.ts';
export { type ConfigOperations } from './configuration.ts';
export { type FunctionOperations } from './functions.ts';
export { type FollowerList, type LogOperations } from './logs.ts';
export { type StorageOperations } from './storage.ts';
export { type VersionOperations } from './versions.ts';
