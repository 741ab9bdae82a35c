import type { ContainerCreateOptions, MountSettings } from 'dockerode';

import type { SandboxSpec } from '../../sandbox.ts';
import type { Mount } from '../base/host-base.ts';

/** Where things are, as a function in a container sees them. */
export const INSIDE = {
  taskRoot: '/var/task',
  /** Files of lam's assets, each at its own name. */
  assets: '/lam',
  node: '/lam/node',
  /** Folder of the dial-home socket. */
  run: '/lam/run',
  /** Folder of this sandbox's own Runtime API socket. */
  api: '/lam/api',
} as const;

/** Labels that everything lam makes in Docker carries. */
export const LABEL = {
  home: 'lam.home',
  sandbox: 'lam.sandbox',
  function: 'lam.function',
  version: 'lam.version',
} as const;

/** Unprivileged in every image, and nobody on most hosts' list but the first user. */
const USER = '1000:1000';
const MIB = 1024 * 1024;
const HOST_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Keeps the function from being process 1, which can't be killed from inside and would have to reap orphans. It passes
 * SIGTERM on and ends with the function's status. What the shell itself would say of a killed child is thrown away.
 */
const SUPERVISOR = `trap 'kill -TERM "$child"' TERM
"$@" &
child=$!
while :; do wait "$child" 2>/dev/null; status=$?; kill -0 "$child" 2>/dev/null || exit "$status"; done`;

/** A container to be made. */
export interface ContainerPlan {
  readonly spec: SandboxSpec;
  readonly homeId: string;
  /** Image reference. */
  readonly image: string;
  readonly isHostBase: boolean;
  /** Let Docker put its own init in front, for images that may have no shell. */
  readonly useDockerInit: boolean;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  /** Cores the engine has. */
  readonly cores: number;
  /** What lam's own processes inside use, on top of the function's limits. */
  readonly own: { readonly memoryMiB: number; readonly pids: number };
}

/** A create request with the container's name, by which it can be found before its id is known. */
export type NamedContainer = ContainerCreateOptions & { readonly name: string };

/** The engine's create request: least privilege, all limits, nothing of the daemon's environment. */
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
      [LABEL.version]: String(spec.version),
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
    // An image brings a PATH of its own.
    ...(plan.isHostBase ? { PATH: HOST_PATH } : {}),
    HOME: '/tmp',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    ...plan.spec.environment,
    LAMBDA_TASK_ROOT: INSIDE.taskRoot,
    ...plan.environment,
  };
}
