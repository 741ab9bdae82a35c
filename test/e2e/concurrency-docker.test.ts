import { test } from 'node:test';
import { describeManyAtOnce } from './many-at-once.ts';
import { NO_DOCKER } from './session.ts';

if (NO_DOCKER) test('many at once (docker)', { skip: NO_DOCKER });
else describeManyAtOnce('docker');
