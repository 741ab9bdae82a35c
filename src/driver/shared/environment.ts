import type { RuntimeFamily } from '../../runtimes/index.ts';

/** Memory of a Node process besides its heap, MiB: what the smallest function uses in all. */
const NODE_BASE_MIB = 48;
const SMALLEST_HEAP_MIB = 32;

/** What every sandbox's process finds, whatever runs in it: nothing of the daemon's own environment. `tmp`: its own folder. */
export function baseEnvironment(tmp: string): Readonly<Record<string, string>> {
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: tmp,
    TMPDIR: tmp,
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
  };
}

/** What lam's own bootstraps are told besides; they take it away before the function's code sees it. */
export function bootstrapEnvironment(o: {
  family: RuntimeFamily;
  memoryMiB: number;
  socket: string;
  token: string;
}): Readonly<Record<string, string>> {
  const heapMiB = Math.max(SMALLEST_HEAP_MIB, o.memoryMiB - NODE_BASE_MIB);
  return {
    LAM_SOCKET: o.socket,
    LAM_TOKEN: o.token,
    // By variable and not by flag: the single binary is its own Node and takes no flags.
    ...(o.family === 'nodejs' ? { NODE_OPTIONS: `--max-old-space-size=${heapMiB}` } : {}),
  };
}

/** What the place itself decides of a `provided` function's environment. */
export function runtimeApiEnvironment(o: { address: string; taskRoot: string }): Readonly<Record<string, string>> {
  return { AWS_LAMBDA_RUNTIME_API: o.address, LAMBDA_TASK_ROOT: o.taskRoot, PWD: o.taskRoot };
}
