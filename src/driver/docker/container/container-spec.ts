import type { ContainerCreateOptions, MountSettings } from 'dockerode';

import type { SandboxSpec } from '../../sandbox.ts';
import type { Mount } from '../base/host-base.ts';

/** Paths inside a container. */
export const INSIDE = {
  taskRoot: '/var/task',
  /** Folder of lam's assets, each under its own name. */
  assets: '/lam',
  node: '/lam/node',
  /** Folder of this sandbox's own dial-home socket. */
  run: '/lam/run',
  /** Folder of this sandbox's own Runtime API socket. */
  api: '/lam/api',
} as const;

/** Labels of every container that lam creates. */
export const LABEL = {
  home: 'lam.home',
  sandbox: 'lam.sandbox',
  function: 'lam.function',
  version: 'lam.version',
} as const;

/** Unprivileged in every image. */
const USER = '1000:1000';
const MIB = 1024 * 1024;
const HOST_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Runs the function as a child, because PID 1 ignores signals without a handler and must reap orphans. Forwards SIGTERM
 * and exits with the child's status. Discards the shell's own message about a killed child.
 */
const SUPERVISOR = `trap 'kill -TERM "$child"' TERM
"$@" &
child=$!
while :; do wait "$child" 2>/dev/null; status=$?; kill -0 "$child" 2>/dev/null || exit "$status"; done`;

/** What a container is created from. */
export interface ContainerPlan {
  readonly spec: SandboxSpec;
  readonly homeId: string;
  /** Image reference. */
  readonly image: string;
  readonly isHostBase: boolean;
  /** Use Docker's init as PID 1, for images that may have no shell. */
  readonly useDockerInit: boolean;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  /** Cores of the engine. */
  readonly cores: number;
  /** Allowance for lam's processes inside, added to the function's limits. */
  readonly own: { readonly memoryMiB: number; readonly pids: number };
}

/** Create request including the name, by which the container can be found before its id is known. */
export type NamedContainer = ContainerCreateOptions & { readonly name: string };

/** Returns the create request: least privilege, all limits, nothing of the daemon's environment. Pure. */
export function containerOptions(plan: ContainerPlan): NamedContainer {
  const { spec } = plan;
  const memory = (spec.limits.memoryMiB + plan.own.memoryMiB) * MIB;
  const isolated = spec.network === 'none';
  const supervised = plan.isHostBase ? ['/bin/sh', '-c', SUPERVISOR, 'sh', ...plan.command] : [...plan.command];
  return {
    name: `lam-${spec.id}`,
    Image: plan.image,
    User: USER,
    WorkingDir: INSIDE.taskRoot,
    Entrypoint: supervised,
    Cmd: [],
    Env: Object.entries(environmentOf(plan)).map(([name, value]) => `${name}=${value}`),
    AttachStdout: true,
    AttachStderr: true,
    NetworkDisabled: isolated,
    Labels: {
      [LABEL.home]: plan.homeId,
      [LABEL.sandbox]: spec.id,
      [LABEL.function]: spec.functionName,
      [LABEL.version]: String(spec.version ?? 0),
    },
    HostConfig: {
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      Memory: memory,
      MemorySwap: memory,
      NanoCpus: Math.round(Math.min(spec.limits.cpus, plan.cores) * 1e9),
      PidsLimit: spec.limits.pids + plan.own.pids,
      Ulimits: [{ Name: 'core', Soft: 0, Hard: 0 }],
      Tmpfs: { '/tmp': `rw,exec,nosuid,nodev,mode=1777,size=${spec.limits.tmpMiB}m` },
      Mounts: plan.mounts.map(readOnly),
      NetworkMode: isolated ? 'none' : 'bridge',
      LogConfig: { Type: 'none', Config: {} },
      AutoRemove: false,
      Init: plan.useDockerInit,
    },
  };
}

function readOnly(mount: Mount): MountSettings {
  return { Type: 'bind', Source: mount.source, Target: mount.target, ReadOnly: true };
}

function environmentOf(plan: ContainerPlan): Readonly<Record<string, string>> {
  return {
    // Images define their own PATH.
    ...(plan.isHostBase ? { PATH: HOST_PATH } : {}),
    HOME: '/tmp',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    ...plan.spec.environment,
    LAMBDA_TASK_ROOT: INSIDE.taskRoot,
    ...plan.environment,
  };
}
