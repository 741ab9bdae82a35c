import { extensionsConformance } from './extensions-suite.ts';

extensionsConformance({ name: 'process' });
