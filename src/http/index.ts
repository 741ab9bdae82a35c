export { isHeaderName, isHeaderValue, type HeaderPairs } from './headers.ts';
export type { Head } from './head.ts';
export { NodeReply } from './node-reply.ts';
export { HEAD_MS, Pace, TOO_SLOW } from './pace.ts';
export { PlainServer, SWEEP_MS, type ConnectionGuard } from './plain-server.ts';
export type { Reply } from './reply.ts';
export type { Handler, Refusal, Service, Trailers } from './service.ts';
export { EndingReply, WrappedReply } from './wrapped-reply.ts';
