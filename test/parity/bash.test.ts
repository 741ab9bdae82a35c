import { bash } from './runtimes/bash.ts';
import { describeParity } from './suite.ts';

describeParity(bash);
