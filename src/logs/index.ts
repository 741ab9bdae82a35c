export { LogStore, type LogStoreOptions } from './log-store.ts';
export { platformText } from './platform-text.ts';
