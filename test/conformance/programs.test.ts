import { programConformance } from './program-conformance.ts';

programConformance({ name: 'process' });
programConformance({ name: 'process', cgroups: false });
