export { openRuntimeApi, type RuntimeApi, type RuntimeApiOptions } from './server.ts';
export type { TelemetryDestination } from './telemetry/subscription.ts';
export type { ConnectionAdmission, TcpConnection } from './gate.ts';
export { LARGEST_PROGRAM_BYTES, readProgram } from './read-program.ts';
export { checkLibraries, type LibraryPlace } from './libraries.ts';
export { checkEntrypoint, checkNeeds, type EntrypointError, type EntrypointPlace } from './entrypoint.ts';
export type { DeliverTelemetry } from './telemetry/subscriber.ts';
export { telemetryTo } from './telemetry/deliver.ts';
