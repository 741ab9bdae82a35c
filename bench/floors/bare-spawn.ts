import { spawn } from 'node:child_process';
import { BODY } from '../load/target.ts';
import { cleanEnvironment } from '../processes.ts';

/**
 * The floor of programs on stdio: spawns `command` in `folder` with the event on its standard input, and resolves with
 * the time until its output has ended and it has exited (ms). Rejects when it fails or prints nothing.
 */
export function bareSpawn(command: readonly string[], folder: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const [program = '', ...args] = command;
    const began = performance.now();
    const environment = cleanEnvironment({ NODE_NO_WARNINGS: '1' });
    const child = spawn(program, args, { cwd: folder, env: environment, stdio: ['pipe', 'pipe', 'ignore'] });
    let bytes = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    child.on('error', reject);
    // A program may end without reading.
    child.stdin.on('error', () => undefined);
    child.on('close', (code) => {
      if (code === 0 && bytes > 0) resolve(performance.now() - began);
      else reject(new Error(`${program} ended with ${code} and printed ${bytes} bytes`));
    });
    child.stdin.end(BODY);
  });
}
