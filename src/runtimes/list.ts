import type { RuntimeDescriptor } from './descriptor.ts';
import { nodejs } from './nodejs.ts';
import { provided } from './provided.ts';
import { python3 } from './python3.ts';

/** All families. A line here adds one; `tsc` then names the maps over families that miss it. */
const LIST = { nodejs, python3, provided } as const;

/** Name of a family: the folder of its templates, and part of the key by which stems are shared. */
export type RuntimeFamily = keyof typeof LIST;

/** The descriptor of each family. */
export const DESCRIPTORS: Readonly<Record<RuntimeFamily, RuntimeDescriptor>> = LIST;

/** The names of all families, in the order in which they are shown. */
export const FAMILIES = Object.keys(LIST) as readonly RuntimeFamily[];
