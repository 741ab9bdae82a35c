import type { Entry } from '../entry.ts';

export const DRIVER = {} as const satisfies Record<string, Entry<never>>;
