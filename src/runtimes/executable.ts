import type { RuntimeDescriptor } from './descriptor.ts';

/** Name of the executable in the artifact. */
const BOOTSTRAP = 'bootstrap';

/** What families whose artifact holds an executable differ in. */
type ExecutableFamily = Pick<
  RuntimeDescriptor,
  'identifiers' | 'awsIdentifiers' | 'parse' | 'toolchains' | 'defaultTemplate'
>;

/** Describes a family whose artifact holds the executable `bootstrap`, which speaks AWS's Runtime API itself. */
export function executableRuntime(family: ExecutableFamily): RuntimeDescriptor {
  return {
    ...family,
    handler: { default: BOOTSTRAP, file: () => BOOTSTRAP, fault: () => undefined },
    protocol: 'runtime-api',
    entry: { kind: 'executable', file: BOOTSTRAP },
    stems: 'all-versions',
    isManaged: false,
    environment: () => ({}),
  };
}

/** Parser of identifiers that match `pattern` and name no version. */
export function withoutVersion(pattern: RegExp): RuntimeDescriptor['parse'] {
  return (identifier) => (pattern.test(identifier) ? { version: undefined } : undefined);
}
