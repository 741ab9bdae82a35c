import { runtimeApiConformance } from './runtime-api-suite.ts';

runtimeApiConformance({ name: 'process' });
runtimeApiConformance({ name: 'process', cgroups: false });
