import { describeComposition } from './composition-suite.ts';

describeComposition('process');
