import type { Entry } from '../entry.ts';

export const POOL = {} as const satisfies Record<string, Entry<never>>;
