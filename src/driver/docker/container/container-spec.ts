import type { ContainerCreateOptions, MountSettings } from 'dockerode';

import type { SandboxSpec } from '../../sandbox.ts';
import { layerEnvironment, OPT } from '../../shared/layers.ts';
import type { Mount } from '../base/host-base.ts';
import { OWN_NAMES } from '../code/folders.ts';

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
  /** Archive by which its code starts faster, or that it records. */
  archive: '/lam/archive',
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

/** How long a container waits to be used again (s): longer than one is kept, so that it ends without its daemon. */
const HELD_S = 120;

/**
 * Runs the function as a child, because PID 1 ignores signals without a handler and must reap orphans. Forwards SIGTERM.
 * Discards the shell's own message about a killed child. When the function has ended, or on USR2, it kills all processes
 * but itself, and starts the function again on USR1: `/tmp` stays. Prints an end that was not asked for as `EndMarks`
 * expects it, and exits where it cannot tell whether the kernel ended the function for its memory.
 */
const SUPERVISOR = `trap 'kill -TERM "$child" 2>/dev/null' TERM
trap '[ -n "$held" ] || { held=yes; kill -KILL -1; }' USR2
trap 'held=' USR1
kills() {
  count=-
  for file in /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control; do
    [ -r "$file" ] || continue
    while read -r name value; do [ "$name" != oom_kill ] || count=$value; done <"$file"
  done
}
held= life=0
while :; do
  life=$((life + 1))
  "$@" &
  child=$!
  while :; do wait "$child" 2>/dev/null; status=$?; kill -0 "$child" 2>/dev/null || break; done
  if [ -z "$held" ]; then
    kills
    [ "$status$count" != 137- ] || exit 137
    [ "$count" != - ] || count=0
    held=yes
    kill -KILL -1 2>/dev/null
    mark="lam-end $life $status $count"
    printf '\\0%s\\0' "$mark"
    printf '\\0%s\\0' "$mark" >&2
  fi
  sleep ${HELD_S} &
  rest=$!
  while [ -n "$held" ]; do wait "$rest" 2>/dev/null; kill -0 "$rest" 2>/dev/null || break; done
  [ -z "$held" ] || exit "$status"
  kill -KILL "$rest" 2>/dev/null; wait "$rest" 2>/dev/null
done`;

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
  /** Folder that the command is started in. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  /** The layers of the function are at `/opt`. */
  readonly hasLayers: boolean;
  /** Cores of the engine. */
  readonly cores: number;
  /** The engine's name of its network, if it may have one. */
  readonly network: string;
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
    WorkingDir: plan.directory,
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
      Mounts: plan.mounts.map(bind),
      NetworkMode: isolated ? 'none' : plan.network,
      // One without a network has a file of its own.
      ...(isolated ? {} : { ExtraHosts: OWN_NAMES.map((name) => `${name}:127.0.0.1`) }),
      LogConfig: { Type: 'none', Config: {} },
      AutoRemove: false,
      Init: plan.useDockerInit,
    },
  };
}

function bind({ source, target, writable = false }: Mount): MountSettings {
  return { Type: 'bind', Source: source, Target: target, ReadOnly: !writable };
}

function environmentOf(plan: ContainerPlan): Readonly<Record<string, string>> {
  const { PATH = '', ...ofLayers } = layerEnvironment(plan.spec.runtime, plan.hasLayers ? OPT : undefined, HOST_PATH);
  return {
    // Images define their own PATH.
    ...(plan.isHostBase ? { PATH: PATH === '' ? HOST_PATH : PATH } : {}),
    ...ofLayers,
    HOME: '/tmp',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    ...plan.spec.environment,
    LAMBDA_TASK_ROOT: INSIDE.taskRoot,
    ...plan.environment,
  };
}
