import { jvmRuntime } from './jvm.ts';

/** Scala on any Java. AWS has no such runtime: functions in Scala are Java to it. */
export const scala = jvmRuntime({
  parse: (identifier) => (identifier === 'scala' ? { version: undefined } : undefined),
  identifiers: ['scala'],
  awsIdentifiers: [],
  isManaged: false,
});
