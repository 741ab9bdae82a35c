import { describeMisbehaving } from './misbehaving.ts';

describeMisbehaving('process');
