import { image } from './runtimes/image.ts';
import { describeParity } from './suite.ts';

describeParity(image);
