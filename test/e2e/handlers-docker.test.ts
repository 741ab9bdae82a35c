import { test } from 'node:test';
import { describeMisbehaving } from './misbehaving.ts';
import { NO_DOCKER } from './session.ts';

if (NO_DOCKER) test('a misbehaving handler (docker)', { skip: NO_DOCKER });
else describeMisbehaving('docker', ['throw', 'exit', 'sys-exit', 'kill', 'stray', 'allocate', 'buffers', 'loop']);
