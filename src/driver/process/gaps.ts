import type { CgroupControllers } from './cgroup.ts';
import type { IsolationFacts } from './isolation.ts';

/** Lists what is not isolated or limited for plain processes on this machine, one sentence each. Pure. */
export function processGaps(o: {
  readonly platform: NodeJS.Platform;
  readonly isRoot: boolean;
  readonly controllers: CgroupControllers | undefined;
  readonly isolation: IsolationFacts;
  /** Whether connections from other processes to a Runtime API can be told from the sandbox's own. */
  readonly tellsCallers: boolean;
}): readonly string[] {
  const { controllers, isolation } = o;
  return [
    isolation.ownUsers
      ? 'functions can read what every user of this machine can read, except /tmp and folders that others may not enter'
      : sameUserGap(o.isRoot ? isolation.whyNot : undefined),
    ...(isolation.hasOpt ? [] : ['layers are not at /opt; the search paths (PATH, NODE_PATH ...) lead to them']),
    "functions share this machine's network; 'network: none' has no effect, and one function can reach what another listens on",
    ...(isolation.hidesProcesses ? [] : ['functions see the processes of this machine']),
    'tmp (in lam.yaml) limits each file a function writes, not all of its /tmp together',
    ...(o.tellsCallers
      ? []
      : [
          "any user of this machine can take and answer events of functions on 'provided' runtimes, whose Runtime API is on a local address",
        ]),
    ...limitGaps(o.platform, controllers),
    ...(controllers === undefined && !isolation.ownUsers
      ? [
          `a program that a function moves to a session of its own${o.platform === 'linux' ? ', after it lowered its limit of resident memory (ulimit -m),' : ''} outlives its sandbox`,
        ]
      : []),
    ...(isolation.setpriv ? [] : ['functions outlive a killed daemon until lam starts again']),
  ];
}

function limitGaps(platform: NodeJS.Platform, controllers: CgroupControllers | undefined): readonly string[] {
  const memory =
    platform === 'linux'
      ? 'memory is checked four times a second, not limited by the kernel, because there is no memory control group that lam may divide'
      : "memory is not limited beyond Node's own heap";
  return [
    ...(controllers?.memory === true ? [] : [memory]),
    ...(controllers?.cpu === true ? [] : ['cpus are not limited']),
    ...(controllers?.pids === true ? [] : ['the number of processes and threads is not limited']),
  ];
}

/** `whyNot`: why root's sandboxes have no users of their own; undefined for other users. */
function sameUserGap(whyNot: string | undefined): string {
  const [user, reason] =
    whyNot === undefined
      ? ['the user of lam', '']
      : ['the user of lam, which is root,', `; users of their own are not possible here: ${whyNot}`];
  return `functions run as ${user} and can read and write whatever that user can, the code of functions included${reason}`;
}
