export { DialHome, type Expected } from './dial-home.ts';
export { checkEntrypoint, openRuntimeApi, type EntrypointError, type RuntimeApi } from './runtime-api/index.ts';
export type * from './session.ts';
