import { describeMainJob } from './main-job.ts';

describeMainJob('process', 'programs');
