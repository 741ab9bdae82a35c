import { describeStreaming } from './streaming-suite.ts';

describeStreaming('process');
