import type { Entry } from '../entry.ts';

export const PROJECT = {} as const satisfies Record<string, Entry<never>>;
