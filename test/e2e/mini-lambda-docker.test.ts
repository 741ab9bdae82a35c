import { test } from 'node:test';
import { miniReadme } from './mini-lambda-suite.ts';
import { NO_DOCKER } from './session.ts';

// Images are built of this machine's programs, so that none is pulled.
if (NO_DOCKER) test("Mini-Lambda's README with the docker driver", { skip: NO_DOCKER });
else miniReadme('docker');
