/** Variables of every sandbox's process; none is inherited from the daemon. `tmp`: its folder for temporary files. */
export function baseEnvironment(tmp: string): Readonly<Record<string, string>> {
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: tmp,
    TMPDIR: tmp,
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
  };
}

/**
 * Variables by which a client on the frame protocol finds the daemon; the client deletes them before it loads the
 * function.
 */
export function framesEnvironment(o: { socket: string; token: string }): Readonly<Record<string, string>> {
  return { LAM_SOCKET: o.socket, LAM_TOKEN: o.token };
}

/** Variables of a function that AWS keeps from external extensions. */
const NOT_FOR_EXTENSIONS =
  /^(?:_HANDLER|AWS_EXECUTION_ENV|AWS_LAMBDA_LOG_(?:GROUP|STREAM)_NAME|LAMBDA_(?:TASK_ROOT|RUNTIME_DIR)|_?AWS_XRAY_.*)$/;

/** The variables of a function that its external extensions have, and how they find their API. Pure. */
export function extensionEnvironment(
  ofFunction: Readonly<Record<string, string>>,
  address: string,
): Readonly<Record<string, string>> {
  const shared = Object.entries(ofFunction).filter(([name]) => !NOT_FOR_EXTENSIONS.test(name));
  return { ...Object.fromEntries(shared), AWS_LAMBDA_RUNTIME_API: address };
}

/** Variables by which a client on the Runtime API finds the daemon and the code. */
export function runtimeApiEnvironment(o: { address: string; taskRoot: string }): Readonly<Record<string, string>> {
  return { AWS_LAMBDA_RUNTIME_API: o.address, LAMBDA_TASK_ROOT: o.taskRoot, PWD: o.taskRoot };
}
