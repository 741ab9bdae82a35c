import { miniReadme } from './mini-lambda-suite.ts';

miniReadme('process');
