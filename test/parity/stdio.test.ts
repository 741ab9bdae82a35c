import { stdio } from './runtimes/stdio.ts';
import { describeParity } from './suite.ts';

describeParity(stdio);
