import type { Entry } from '../entry.ts';

export const ROUTER = {} as const satisfies Record<string, Entry<never>>;
