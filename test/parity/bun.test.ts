import { bun } from './runtimes/bun.ts';
import { describeParity } from './suite.ts';

describeParity(bun);
