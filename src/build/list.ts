import type { RuntimeFamily } from '../runtimes/index.ts';
import type { FamilyBuild } from './family-build.ts';
import { nodejs } from './nodejs.ts';
import { provided } from './provided.ts';
import { python3 } from './python3.ts';

/** How each family's source becomes an artifact. */
export const BUILDS: Readonly<Record<RuntimeFamily, FamilyBuild>> = { nodejs, python3, provided };
