import { php } from './runtimes/php.ts';
import { describeParity } from './suite.ts';

describeParity(php);
