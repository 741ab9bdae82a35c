import type { Entry } from '../entry.ts';

export const REGISTRY = {} as const satisfies Record<string, Entry<never>>;
