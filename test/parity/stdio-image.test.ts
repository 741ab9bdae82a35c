import { stdioImage } from './runtimes/stdio-image.ts';
import { describeParity } from './suite.ts';

describeParity(stdioImage);
