/** All drivers. To add one, add its name; the compiler then reports the missing parts. */
export const DRIVER_NAMES = ['docker', 'process'] as const;

/** Name of a driver. */
export type DriverName = (typeof DRIVER_NAMES)[number];
