import { ruby } from './runtimes/ruby.ts';
import { describeParity } from './suite.ts';

describeParity(ruby);
