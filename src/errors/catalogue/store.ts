import type { Entry } from '../entry.ts';

export const STORE = {} as const satisfies Record<string, Entry<never>>;
