import { jvmRuntime } from './jvm.ts';

/** Kotlin on any Java. AWS has no such runtime: functions in Kotlin are Java to it. */
export const kotlin = jvmRuntime({
  parse: (identifier) => (identifier === 'kotlin' ? { version: undefined } : undefined),
  identifiers: ['kotlin'],
  awsIdentifiers: [],
  isManaged: false,
});
