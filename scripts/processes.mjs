// Shared by the scripts that run on Node 20: the folder of the clone, the Node to use, running commands.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The clone's folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Whether the pinned Node exists as a package for this platform; otherwise the system's Node is used. */
export const hasPinnedNode = process.platform === 'linux' && process.arch === 'x64';

/** The Node that runs everything except the set-up. */
export function nodeProgram() {
  return hasPinnedNode ? join(root, 'node_modules', '.bin', 'node') : process.execPath;
}

/** Time between SIGTERM and SIGKILL (ms). */
const KILL_AFTER_MS = 20_000;
/** Time to wait for remaining output after the exit (ms). */
const OUTPUT_MS = 1000;

/** `1234` as `1.2 s`. */
export function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}

const bin = join(root, 'node_modules', '.bin');

/** `PATH` with the programs of the clone first, so that shebangs find the pinned Node. */
export function pathWithBin(path = process.env.PATH ?? '') {
  return [bin, path].join(delimiter);
}

/** `PATH` without the programs of the clone: for npm, which would otherwise delete the Node it runs on. */
export function pathWithoutBin(path = process.env.PATH ?? '') {
  return path
    .split(delimiter)
    .filter((folder) => folder !== bin)
    .join(delimiter);
}

/**
 * Runs `command` in the clone; resolves with its exit code (128 or more for a signal), its output if `quiet` or `tap`, and its
 * duration. `path` replaces PATH. `tap` receives output as it arrives. After `limitMs` the command gets SIGTERM, then SIGKILL.
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
    // After the limit, does not wait for other processes that hold its output open.
    child.on('exit', (code, signal) => {
      if (limitMs !== undefined && performance.now() - start >= limitMs)
        setTimeout(end, OUTPUT_MS, codeOf(code, signal));
    });
  });
}
