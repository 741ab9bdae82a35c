import type { CgroupControllers } from './cgroup.ts';
import type { Launcher } from './launch.ts';

/** Lists what is not isolated or limited for plain processes on this machine, one sentence each. Pure. */
export function processGaps(o: {
  readonly platform: NodeJS.Platform;
  readonly isRoot: boolean;
  readonly controllers: CgroupControllers | undefined;
  readonly launcher: Launcher;
}): readonly string[] {
  const { controllers } = o;
  const isLinux = o.platform === 'linux';
  return [
    `functions run as the user of lam${o.isRoot ? ', which is root,' : ''} and can read and write whatever that user can, the code of functions included`,
    "functions share this machine's network; 'network: none' has no effect, and one function can reach what another listens on",
    'functions see the processes of this machine',
    'tmp (in lam.yaml) limits each file a function writes, not all of its /tmp together',
    ...(controllers?.memory === true
      ? []
      : [
          isLinux
            ? 'memory is checked four times a second, not limited by the kernel'
            : "memory is not limited beyond Node's own heap",
        ]),
    ...(controllers?.cpu === true ? [] : ['cpus are not limited']),
    ...(controllers?.pids === true ? [] : ['the number of processes and threads is not limited']),
    ...(controllers === undefined
      ? ['a program that a function moves to a session of its own outlives its sandbox']
      : []),
    ...(o.launcher.setpriv ? [] : ['functions outlive a killed daemon until lam starts again']),
  ];
}
