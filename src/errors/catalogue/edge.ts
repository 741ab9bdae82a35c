import type { Entry } from '../entry.ts';

export const EDGE = {} as const satisfies Record<string, Entry<never>>;
