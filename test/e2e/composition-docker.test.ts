import { test } from 'node:test';
import { describeComposition } from './composition-suite.ts';
import { NO_DOCKER } from './session.ts';

if (NO_DOCKER) test('functions that call functions (docker)', { skip: NO_DOCKER });
else describeComposition('docker');
