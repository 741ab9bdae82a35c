import { python3 } from './runtimes/python3.ts';
import { describeParity } from './suite.ts';

describeParity(python3);
