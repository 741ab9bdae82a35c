import { describeManyAtOnce } from './many-at-once.ts';

describeManyAtOnce('process');
