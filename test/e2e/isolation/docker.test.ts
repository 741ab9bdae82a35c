import { describeIsolation } from './suite.ts';

describeIsolation('docker');
