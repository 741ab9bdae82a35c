import type { RuntimeDescriptor } from './descriptor.ts';

const BOOTSTRAP = 'bootstrap';

/** An executable of the artifact, in any language, on AWS's Runtime API. */
export const provided: RuntimeDescriptor = {
  parse: (identifier) => (/^provided(?:\.al2|\.al2023)?$/.test(identifier) ? { version: undefined } : undefined),
  identifiers: ['provided', 'provided.al2023'],
  handler: { default: BOOTSTRAP, file: () => BOOTSTRAP, fault: () => undefined },
  protocol: 'runtime-api',
  entry: { kind: 'executable', file: BOOTSTRAP },
  stems: 'none',
  isManaged: false,
  environment: () => ({}),
  defaultTemplate: 'shell',
};
