import { wasm } from './runtimes/wasm.ts';
import { describeParity } from './suite.ts';

describeParity(wasm);
