import { describe } from 'node:test';
import { describeFaultsUnderLoad } from './faults-under-load.ts';
import { NO_DOCKER } from './session.ts';

describe('with Docker', { skip: NO_DOCKER }, () => describeFaultsUnderLoad('docker'));
