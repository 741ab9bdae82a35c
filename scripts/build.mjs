// `npm run build`, also before `npm pack`: installs what is missing, then builds dist/. Plain JavaScript for Node 20.
import { nodeProgram, run } from './processes.mjs';
import { ensureDependencies } from './setup.mjs';

await ensureDependencies();
const { code } = await run([nodeProgram(), 'scripts/build.ts']);
process.exitCode = code;
