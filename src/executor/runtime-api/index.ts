export { openRuntimeApi, type RuntimeApi, type RuntimeApiAddress } from './server.ts';
export { checkEntrypoint, type EntrypointError } from './entrypoint.ts';
