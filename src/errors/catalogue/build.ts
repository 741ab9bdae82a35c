import type { Entry } from '../entry.ts';

export const BUILD = {} as const satisfies Record<string, Entry<never>>;
