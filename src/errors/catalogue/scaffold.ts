import type { Entry } from '../entry.ts';

export const SCAFFOLD = {} as const satisfies Record<string, Entry<never>>;
