/** Where functions run: the driver, and for processes the user of the daemon. */
export const PLACES = {
  docker: 'Docker',
  root: 'processes, daemon of root',
  user: 'processes, daemon of another user',
} as const;
export type Place = keyof typeof PLACES;

/** What a function may try against, found out by the test. */
export interface Target {
  /** lam's home. */
  readonly home: string;
  readonly controlSocket: string;
  readonly daemonPid: number;
  /** Text in the environment and files of another function that runs. */
  readonly secret: string;
  /** Text in the code of another function. */
  readonly codeSecret: string;
  /** The other function's code file, temporary file and process on the host. */
  readonly victim: {
    readonly code: string;
    readonly tmpFile: string;
    readonly tmpName: string;
    /** Size of a segment of shared memory that it made, which no other has. */
    readonly segmentBytes: number;
    readonly pid: number;
    readonly host: string;
    readonly port: number;
  };
  /** A file of the daemon's user that no other user may read, with {@link Target.secret}. */
  readonly privateFile: string;
  /** A file of the system that every user may read, and text in it. */
  readonly publicFile: { readonly path: string; readonly text: string };
  /** Ports of programs on the host, on loopback and on all addresses. */
  readonly loopbackPort: number;
  readonly openPort: number;
  /** The port of the daemon. */
  readonly daemonPort: number;
  /** Addresses at which Runtime APIs of other functions listen. */
  readonly runtimeApi: readonly { readonly host: string; readonly port: number }[];
}

/** One row of the truth table. */
export interface Claim {
  /** Completes "a function can ...". */
  readonly can: string;
  /** Name of the attempt in `attacker.js`, and what it is given. */
  readonly attempt: string;
  readonly given: (target: Target) => object;
  /** Configuration of the function that tries; default: lam's defaults. */
  readonly config?: Readonly<Record<string, string | number>>;
  /** Function that is invoked while it is tried. */
  readonly during?: string;
  /** Text in the command line of a process that must not be left once the function was deleted. */
  readonly leaves?: string;
  /** Whether it succeeds, by place. */
  readonly outcome: Readonly<Record<Place, boolean>>;
  /** Whether it succeeds in Docker with a daemon of another user than root, where that differs. */
  readonly dockerAsUser?: boolean;
  /** Why, or its limits; shown below the table. */
  readonly note?: string;
}

/** How long the process sleeps that a function tries to leave behind (s); also marks it, for this run alone. */
const STAYS = `86399.${1000 + Math.floor(Math.random() * 9000)}`;

/** Folders of a usual machine where every user may write. */
export const SHARED_FOLDERS = ['/dev/shm', '/run/lock', '/var/tmp'];

const NOWHERE = { docker: false, root: false, user: false };

/** The truth table of isolation, in groups. Every cell is tried by a real function in `isolation-suite.ts`. */
export const CLAIMS: Readonly<Record<string, readonly Claim[]>> = {
  Files: [
    {
      can: 'change its own code',
      attempt: 'writeOwn',
      given: () => ({}),
      outcome: { docker: false, root: false, user: true },
      note: 'Changed code is found by its digest and replaced at the next deploy.',
    },
    {
      can: "read another function's code",
      attempt: 'search',
      given: ({ home, codeSecret }) => ({ roots: [home, '/var/task'], name: 'index.js', secret: codeSecret }),
      outcome: { docker: false, root: false, user: true },
    },
    {
      can: "read another function's code whose digest it knows",
      attempt: 'read',
      given: ({ codeSecret, victim }) => ({ paths: [victim.code], secret: codeSecret }),
      outcome: { docker: false, root: true, user: true },
      note: 'A digest cannot be guessed without the code itself.',
    },
    {
      can: "change another function's code",
      attempt: 'write',
      given: ({ victim }) => ({ path: victim.code }),
      outcome: { docker: false, root: false, user: true },
    },
    {
      can: "read another function's temporary files",
      attempt: 'read',
      given: ({ victim, secret }) => ({
        paths: [
          victim.tmpFile,
          ['/proc', victim.pid, 'root', 'tmp', victim.tmpName].join('/'),
          `/tmp/${victim.tmpName}`,
        ],
        secret,
      }),
      outcome: { docker: false, root: false, user: true },
    },
    {
      can: 'read what another function leaves in folders where all may write',
      attempt: 'read',
      given: ({ victim, secret }) => ({ paths: SHARED_FOLDERS.map((folder) => `${folder}/${victim.tmpName}`), secret }),
      outcome: { docker: false, root: false, user: true },
      note: "A sandbox of root's daemon has a `/dev/shm` of its own, of at most 64 MiB.",
    },
    {
      can: "read lam's catalogue",
      attempt: 'read',
      given: ({ home }) => ({ paths: [`${home}/state/catalogue.json`], secret: 'functions' }),
      outcome: { docker: false, root: false, user: true },
    },
    {
      can: "write to lam's home",
      attempt: 'write',
      given: ({ home }) => ({ path: `${home}/state/written-by-a-function` }),
      outcome: { docker: false, root: false, user: true },
    },
    {
      can: "read private files of the daemon's user",
      attempt: 'read',
      given: ({ privateFile, secret }) => ({ paths: [privateFile], secret }),
      outcome: { docker: false, root: false, user: true },
    },
    {
      can: 'read files of the system that every user can read',
      attempt: 'read',
      given: ({ publicFile }) => ({ paths: [publicFile.path], secret: publicFile.text }),
      outcome: { docker: false, root: true, user: true },
      note: "In Docker without an image, a function sees `/usr` and a few folders of `/etc` of the host. A sandbox of root's daemon sees neither `/tmp` nor `/var/tmp`, nor what lies below folders that are closed to other users.",
    },
  ],
  Processes: [
    {
      can: "read another function's environment",
      attempt: 'environment',
      given: ({ secret }) => ({ secret }),
      outcome: { docker: false, root: false, user: true },
    },
    {
      can: 'see processes of others',
      attempt: 'processes',
      given: ({ secret }) => ({ marks: [secret.slice(0, 8)] }),
      outcome: { docker: false, root: false, user: true },
    },
    {
      can: 'signal the daemon or another function',
      attempt: 'signal',
      given: ({ daemonPid, victim }) => ({ pids: [daemonPid, victim.pid] }),
      outcome: { docker: false, root: false, user: true },
    },
    {
      can: "use another function's shared memory",
      attempt: 'segment',
      given: ({ victim }) => ({ bytes: victim.segmentBytes }),
      outcome: { docker: false, root: false, user: true },
    },
    { can: 'gain privileges by a setuid program', attempt: 'privileges', given: () => ({}), outcome: NOWHERE },
    { can: 'use a capability of root', attempt: 'capabilities', given: () => ({}), outcome: NOWHERE },
  ],
  Network: [
    {
      can: "use lam's control socket",
      attempt: 'connect',
      given: ({ controlSocket }) => ({ targets: [{ path: controlSocket }] }),
      outcome: { docker: false, root: false, user: true },
    },
    {
      can: "change functions and read their logs by Glambdar's API on the port",
      attempt: 'glambdar',
      given: ({ daemonPort }) => ({ port: daemonPort }),
      outcome: { docker: false, root: false, user: true },
      note: 'As another user: unless the API wants keys, or is off.',
    },
    {
      can: "use the engine's socket",
      attempt: 'connect',
      given: () => ({ targets: [{ path: '/var/run/docker.sock' }, { path: '/run/docker.sock' }] }),
      outcome: NOWHERE,
      note: 'As another user: unless that user is in the group `docker`.',
    },
    {
      can: "reach programs that listen on the host's loopback",
      attempt: 'connect',
      given: ({ loopbackPort }) => ({ targets: [{ host: '127.0.0.1', port: loopbackPort }] }),
      outcome: { docker: false, root: true, user: true },
    },
    {
      can: 'reach programs that listen on all addresses of the host',
      attempt: 'host',
      given: ({ openPort }) => ({ port: openPort }),
      outcome: { docker: false, root: true, user: true },
      dockerAsUser: true,
      note: 'In Docker with a daemon of another user than root: **yes**, since only root may set up the firewall against it.',
    },
    {
      can: 'reach programs that listen on all addresses of the host with `network: open`',
      attempt: 'host',
      given: ({ openPort }) => ({ port: openPort }),
      config: { network: 'open' },
      outcome: { docker: true, root: true, user: true },
    },
    {
      can: 'reach what another function listens on',
      attempt: 'connect',
      given: ({ victim }) => ({ targets: [{ host: victim.host, port: victim.port }] }),
      outcome: { docker: false, root: true, user: true },
      note: 'In Docker: unless both have `network: open`.',
    },
    {
      can: 'reach anything with `network: none`',
      attempt: 'connect',
      given: ({ loopbackPort, openPort, victim }) => ({
        targets: [
          { host: '127.0.0.1', port: loopbackPort },
          { host: '127.0.0.1', port: openPort },
          { host: victim.host, port: victim.port },
        ],
      }),
      config: { network: 'none' },
      outcome: { docker: false, root: true, user: true },
    },
  ],
  'Calls of functions': [
    {
      can: 'invoke other functions, also with `network: none`',
      attempt: 'invokes',
      given: () => ({ name: 'polls' }),
      config: { network: 'none' },
      outcome: { docker: true, root: true, user: true },
      note: 'By a credential of its sandbox, which ends with it ([composition](composition.md)).',
    },
    {
      can: 'do anything else with the credential for that',
      attempt: 'controls',
      given: ({ daemonPort }) => ({ port: daemonPort }),
      outcome: NOWHERE,
    },
    {
      can: 'invoke functions there without its credential, or with another',
      attempt: 'invokes',
      given: () => ({ name: 'polls', token: 'of-another' }),
      outcome: NOWHERE,
    },
  ],
  'Runtime API': [
    {
      can: "take another function's events",
      attempt: 'poll',
      given: ({ runtimeApi }) => ({ targets: runtimeApi }),
      during: 'polls',
      outcome: NOWHERE,
    },
  ],
  Limits: [
    {
      can: 'use more memory than its limit',
      attempt: 'memory',
      given: () => ({ mib: 256 }),
      config: { memory: 128, timeout: 20 },
      outcome: NOWHERE,
      note: 'Where the kernel does not limit memory, it is checked four times a second.',
    },
    {
      can: 'start more processes than its limit',
      attempt: 'forks',
      given: () => ({ count: 80 }),
      config: { pids: 64, timeout: 20 },
      outcome: { docker: false, root: false, user: true },
      note: 'Another user: unless control groups were delegated to that user.',
    },
    {
      can: 'leave a process behind when it ends',
      attempt: 'outlive',
      given: () => ({ mark: STAYS }),
      leaves: STAYS,
      outcome: NOWHERE,
    },
  ],
};
