export { Router, type RouterOptions } from './router.ts';
export { newTraceId, type InvokeAnswer, type InvokeRequest, type InvokeSink, type Underway } from './invocation.ts';
export type { InvocationStatus } from './failure.ts';
