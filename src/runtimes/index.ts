/** How the code inside a sandbox is spoken to: `frames` for lam's own bootstraps, `runtime-api` for AWS's HTTP contract. */
export type Protocol = 'frames' | 'runtime-api';

export type RuntimeFamily = 'nodejs' | 'python3' | 'provided';

export interface Runtime {
  readonly family: RuntimeFamily;
  readonly protocol: Protocol;
  /** The version the identifier asks for (`22`, `3.11`), or undefined where any will do. */
  readonly version: string | undefined;
  readonly defaultHandler: string;
}

const FAMILIES: readonly { pattern: RegExp; family: RuntimeFamily; protocol: Protocol; defaultHandler: string }[] = [
  { pattern: /^node(?:js)?(\d+)?(?:\.x)?$/, family: 'nodejs', protocol: 'frames', defaultHandler: 'index.handler' },
  {
    pattern: /^python(?:3(?:\.(\d+))?)?$/,
    family: 'python3',
    protocol: 'frames',
    defaultHandler: 'lambda_function.lambda_handler',
  },
  {
    pattern: /^provided(?:\.al2|\.al2023)?$/,
    family: 'provided',
    protocol: 'runtime-api',
    defaultHandler: 'bootstrap',
  },
];

/** Identifiers to show a person who asked for an unknown one. */
export const KNOWN_RUNTIMES: readonly string[] = [
  'nodejs',
  'nodejs22.x',
  'nodejs24.x',
  'python3',
  'python3.11',
  'python3.12',
  'provided',
  'provided.al2023',
];

/** What an identifier means, or undefined when lam knows no such runtime. */
export function parseRuntime(identifier: string): Runtime | undefined {
  for (const f of FAMILIES) {
    const match = f.pattern.exec(identifier);
    if (match === null) continue;
    const digits = match[1];
    const version = digits === undefined ? undefined : f.family === 'python3' ? `3.${digits}` : digits;
    return { family: f.family, protocol: f.protocol, version, defaultHandler: f.defaultHandler };
  }
  return undefined;
}
