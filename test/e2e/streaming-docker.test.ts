import { test } from 'node:test';
import { NO_DOCKER } from './session.ts';
import { describeStreaming } from './streaming-suite.ts';

if (NO_DOCKER) test('streamed answers (docker)', { skip: NO_DOCKER });
else describeStreaming('docker');
