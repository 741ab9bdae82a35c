// What `import ... from 'lam'` gives: the client of lam's own API, without anything of the daemon.
export { LamClient, type DeployRequest, type LamClientOptions } from './lam-client.ts';
export { isLamError, type ErrorCode, type LamError } from '../errors/index.ts';
export type { CallOptions } from './transport.ts';
export type { ArtifactEntry } from './artifact-files.ts';
export type { Upload, ArtifactCalls, LayerCalls } from './calls/artifacts.ts';
export type { DaemonCalls } from './calls/daemon.ts';
export type { ConfigCalls, FunctionCalls, InvokeOptions, QueueOptions } from './calls/functions.ts';
export type { DeadLetterCalls, InvocationCalls } from './calls/invocations.ts';
export type { ApiKeyCalls, AuditCalls, LogCalls } from './calls/keys.ts';
export type { TriggerCalls, TriggerName } from './calls/triggers.ts';
export type { AliasCalls, VersionCalls } from './calls/versions.ts';
export type { ControlBodies } from '../contract/control-bodies.ts';
