import { programConformance } from './program-conformance.ts';

programConformance({ name: 'process' });
// Ordinary users rarely have control groups, so that theirs was the same.
if (process.getuid?.() === 0) programConformance({ name: 'process', cgroups: false });
