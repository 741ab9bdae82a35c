import { jvmRuntime } from './jvm.ts';

/** Java from PATH or /usr/lib/jvm. */
export const java = jvmRuntime({
  parse(identifier) {
    const match = /^java(\d+)?(?:\.al2(?:023)?)?$/.exec(identifier);
    return match === null ? undefined : { version: match[1] };
  },
  identifiers: ['java', 'java17', 'java21', 'java25'],
  awsIdentifiers: ['java8', 'java8.al2', 'java11', 'java17', 'java21', 'java25'],
  isManaged: true,
});
