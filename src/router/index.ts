export { Router, type RouterOptions } from './router.ts';
export {
  newTraceId,
  type InvokeAnswer,
  type InvokeRequest,
  type InvokeSink,
  type InvokeStream,
  type Underway,
} from './invocation.ts';
export type { StreamControl, StreamReceiver } from '../executor/session.ts';
export { exitReason, type InvocationStatus } from './failure.ts';
