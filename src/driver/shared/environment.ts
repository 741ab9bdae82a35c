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

/** How a client on the frame protocol finds the daemon; it takes them away before the function's code sees them. */
export function framesEnvironment(o: { socket: string; token: string }): Readonly<Record<string, string>> {
  return { LAM_SOCKET: o.socket, LAM_TOKEN: o.token };
}

/** How a client on the Runtime API finds the daemon and the code. */
export function runtimeApiEnvironment(o: { address: string; taskRoot: string }): Readonly<Record<string, string>> {
  return { AWS_LAMBDA_RUNTIME_API: o.address, LAMBDA_TASK_ROOT: o.taskRoot, PWD: o.taskRoot };
}
