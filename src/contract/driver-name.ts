/** All drivers. To add one: a name here; the compiler then names what else it needs. */
export const DRIVER_NAMES = ['docker', 'process'] as const;

/** What makes sandboxes. */
export type DriverName = (typeof DRIVER_NAMES)[number];
