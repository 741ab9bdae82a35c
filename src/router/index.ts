export { Router, type RouterOptions } from './router.ts';
export type { InvokeAnswer, InvokeRequest, InvokeSink, InvokeStream, Underway } from './invoke.ts';
export { newTraceId } from './trace-id.ts';
export type { StreamControl, StreamReceiver } from '../executor/session.ts';
export { exitReason, type InvocationStatus } from './failure.ts';
