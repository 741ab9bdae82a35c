export { openRuntimeApi, type RuntimeApi } from './server.ts';
export { checkEntrypoint, type EntrypointError } from './entrypoint.ts';
