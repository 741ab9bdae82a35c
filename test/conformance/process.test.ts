import { driverConformance } from './driver-suite.ts';

driverConformance({ name: 'process' });
// Ordinary users rarely have control groups, so that theirs was the same.
if (process.getuid?.() === 0) driverConformance({ name: 'process', cgroups: false });
