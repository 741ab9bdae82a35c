import { describeIsolation } from './suite.ts';

describeIsolation('process');
