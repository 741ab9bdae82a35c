import { describeFaultsUnderLoad } from './faults-under-load.ts';

describeFaultsUnderLoad('process');
