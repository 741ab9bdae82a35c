import { engineGet, member } from './engine-http.ts';

const INFO_MS = 10_000;

/** Capabilities of the engine, read once when the driver opens. */
export interface EngineInfo {
  /** Number of cores; the engine refuses limits above it. */
  readonly cores: number;
  /** The engine shares this machine's kernel and file system, so that host folders can be mounted. */
  readonly isLocalLinux: boolean;
  /** What it does not limit or isolate, one sentence each. */
  readonly gaps: readonly string[];
}

/** Limits whose support the engine reports, and the gap without it. */
const SUPPORT: readonly (readonly [field: string, gap: string])[] = [
  ['MemoryLimit', 'Memory is not limited: the engine has no memory cgroup.'],
  ['SwapLimit', 'Swap is not limited: a function may use swap beyond its memory.'],
  ['CpuCfsQuota', 'Processor time is not limited: the engine has no CFS quota.'],
  ['PidsLimit', 'The number of processes is not limited: the engine has no pids cgroup.'],
];

/** Asks the engine. Rejects with the system's error when it does not answer. */
export async function readEngineInfo(
  socketPath: string,
  platform: NodeJS.Platform = process.platform,
): Promise<EngineInfo> {
  const { body } = await engineGet(socketPath, '/info', INFO_MS);
  const isDesktop = String(member(body, 'OperatingSystem')).startsWith('Docker Desktop');
  const isLocalLinux = platform === 'linux' && !isDesktop;
  const security = member(body, 'SecurityOptions');
  const hasSeccomp = Array.isArray(security) && security.some((s) => String(s).includes('seccomp'));
  const cores = Number(member(body, 'NCPU'));
  return {
    cores: Number.isFinite(cores) && cores > 0 ? cores : 1,
    isLocalLinux,
    gaps: [
      ...SUPPORT.filter(([field]) => member(body, field) === false).map(([, gap]) => gap),
      ...(hasSeccomp ? [] : ['System calls are not filtered: the engine has no seccomp.']),
      ...(isLocalLinux
        ? []
        : ['Functions need an image: the engine runs in a virtual machine, so the host base is not available.']),
    ],
  };
}
