import { provided } from './runtimes/provided.ts';
import { describeParity } from './suite.ts';

describeParity(provided);
