// `npm start`: prepares the clone on any machine with Node 20 and npm, then runs scripts/start.ts.
import { nodeProgram, run } from './processes.mjs';
import { ensureBuilt, ensureDependencies } from './setup.mjs';

await ensureDependencies();
await ensureBuilt();
const { code } = await run([nodeProgram(), 'scripts/start.ts', ...process.argv.slice(2)]);
process.exitCode = code;
