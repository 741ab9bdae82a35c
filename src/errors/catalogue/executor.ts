import type { Entry } from '../entry.ts';

export const EXECUTOR = {} as const satisfies Record<string, Entry<never>>;
