export { rateLimitFields, retryAfterMs, throttleReason } from './fields.ts';
export { type Permit } from './gate.ts';
export { Limits, type LimitedRoute } from './limits.ts';
export { Quotas, type CountedRequest, type UsageRecords } from './quotas.ts';
