import type { Entry } from '../entry.ts';

export const LOGS = {} as const satisfies Record<string, Entry<never>>;
