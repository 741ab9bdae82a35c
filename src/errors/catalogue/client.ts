import type { Entry } from '../entry.ts';

export const CLIENT = {} as const satisfies Record<string, Entry<never>>;
