import { go } from './runtimes/go.ts';
import { describeParity } from './suite.ts';

describeParity(go);
