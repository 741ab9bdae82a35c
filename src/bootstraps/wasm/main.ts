import { isMainThread } from 'node:worker_threads';
import { serve } from '../program/serve.ts';
import { serveRuns } from './runs.ts';
import { WasmHost } from './wasm-host.ts';

// Node calls WASI experimental, once per thread, among what the program prints.
process.removeAllListeners('warning');
if (isMainThread) serve(() => new WasmHost(__filename));
else serveRuns();
