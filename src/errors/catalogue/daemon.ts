import type { Entry } from '../entry.ts';

export const DAEMON = {} as const satisfies Record<string, Entry<never>>;
