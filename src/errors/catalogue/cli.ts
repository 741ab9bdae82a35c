import type { Entry } from '../entry.ts';

export const CLI = {} as const satisfies Record<string, Entry<never>>;
