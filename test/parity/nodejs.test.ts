import { nodejs } from './runtimes/nodejs.ts';
import { describeParity } from './suite.ts';

describeParity(nodejs);
