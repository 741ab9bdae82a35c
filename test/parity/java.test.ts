import { java } from './runtimes/java.ts';
import { describeParity } from './suite.ts';

describeParity(java);
