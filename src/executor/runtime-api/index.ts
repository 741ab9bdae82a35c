export { openRuntimeApi, FREE_PORTS, type RuntimeApi, type RuntimeApiAddress, type RuntimeApiOptions } from './server.ts';
export { checkEntrypoint, type EntrypointError } from './entrypoint.ts';
