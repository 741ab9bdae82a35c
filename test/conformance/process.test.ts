import { driverConformance } from './driver-suite.ts';

driverConformance({ name: 'process' });
driverConformance({ name: 'process', cgroups: false });
