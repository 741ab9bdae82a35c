export { newTraceId, Router, type InvokeAnswer, type InvokeRequest, type RouterOptions } from './router.ts';
export type { InvocationStatus } from './failure.ts';
