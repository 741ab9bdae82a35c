export { DialHome, type Expected } from './dial-home.ts';
export {
  checkEntrypoint,
  checkLibraries,
  checkNeeds,
  LARGEST_PROGRAM_BYTES,
  openRuntimeApi,
  readProgram,
  telemetryTo,
  type ConnectionAdmission,
  type TcpConnection,
  type EntrypointError,
  type LibraryPlace,
  type EntrypointPlace,
  type DeliverTelemetry,
  type RuntimeApi,
  type TelemetryDestination,
} from './runtime-api/index.ts';
export * from './relay-frames.ts';
export { ExtendedSession, hooksWithTelemetry } from './extended-session.ts';
export type * from './session.ts';
