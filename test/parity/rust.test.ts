import { rust } from './runtimes/rust.ts';
import { describeParity } from './suite.ts';

describeParity(rust);
