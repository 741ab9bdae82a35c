export { DialHome, type Expected } from './dial-home.ts';
export { FrameSession } from './frame-session.ts';
export { LineSplitter } from './line-splitter.ts';
export { checkEntrypoint, openRuntimeApi, type EntrypointError, type RuntimeApi, type RuntimeApiAddress } from './runtime-api/index.ts';
export type * from './session.ts';
