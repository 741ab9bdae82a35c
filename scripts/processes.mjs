// What the scripts that Node 20 must be able to run share: where the clone is, which Node to use, how to run a command.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The clone's folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Where the pinned Node comes as a package; elsewhere the system's own must do. */
export const hasPinnedNode = process.platform === 'linux' && process.arch === 'x64';

/** The Node that everything but the set-up runs on. */
export function nodeProgram() {
  return hasPinnedNode ? join(root, 'node_modules', '.bin', 'node') : process.execPath;
}

/** What a command has to end in good order once its time is up, ms. */
const KILL_AFTER_MS = 20_000;
/** What is left of its output may take this long, ms. */
const OUTPUT_MS = 1000;

/** `1234` as `1.2 s`. */
export function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}

const bin = join(root, 'node_modules', '.bin');

/** `PATH` with the clone's programs first, so that shebangs find the pinned Node. */
export function pathWithBin(path = process.env.PATH ?? '') {
  return [bin, path].join(delimiter);
}

/** `PATH` without the clone's programs: for npm, which would otherwise delete the Node that it runs on. */
export function pathWithoutBin(path = process.env.PATH ?? '') {
  return path
    .split(delimiter)
    .filter((folder) => folder !== bin)
    .join(delimiter);
}

/**
 * Runs `command` in the clone and resolves when it ended, whatever became of it: exit code (128 and more for a signal),
 * what it printed when `quiet` or `tap`, and how long it took. `path` replaces PATH. `tap` is given each piece of output as it comes.
 * After `limitMs` it is ended, with SIGTERM and, if that does not help, SIGKILL.
 */
export function run(
  [program, ...args],
  { quiet = false, tap, limitMs, env = process.env, path = pathWithBin(env.PATH) } = {},
) {
  const start = performance.now();
  return new Promise((resolve) => {
    const piped = quiet || tap !== undefined;
    const child = spawn(program, args, {
      cwd: root,
      env: { ...env, PATH: path },
      stdio: ['ignore', piped ? 'pipe' : 'inherit', piped ? 'pipe' : 'inherit'],
    });
    const forward = (signal) => child.kill(signal);
    const signals = ['SIGINT', 'SIGTERM'];
    for (const signal of signals) process.on(signal, forward);
    const limits = [];
    if (limitMs !== undefined) {
      limits.push(setTimeout(forward, limitMs, 'SIGTERM'), setTimeout(forward, limitMs + KILL_AFTER_MS, 'SIGKILL'));
    }
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8');
      stream?.on('data', (text) => {
        output += text;
        tap?.(text);
      });
    }
    const end = (code) => {
      limits.forEach(clearTimeout);
      for (const signal of signals) process.off(signal, forward);
      resolve({ code, output, ms: performance.now() - start });
    };
    child.on('error', (error) => {
      output += `${program}: ${error.message}\n`;
      if (!quiet) console.error(`${program}: ${error.message}`);
      end(127);
    });
    const codeOf = (code, signal) => code ?? 128 + (constants.signals[signal] ?? 0);
    child.on('close', (code, signal) => end(codeOf(code, signal)));
    // Past its limit nobody waits for those who hold its output open.
    child.on('exit', (code, signal) => {
      if (limitMs !== undefined && performance.now() - start >= limitMs)
        setTimeout(end, OUTPUT_MS, codeOf(code, signal));
    });
  });
}
