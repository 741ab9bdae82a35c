import { crystal } from './runtimes/crystal.ts';
import { describeParity } from './suite.ts';

describeParity(crystal);
