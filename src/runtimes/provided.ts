import { executableRuntime, withoutVersion } from './executable.ts';

/** An executable of the artifact, in any language. */
export const provided = executableRuntime({
  identifiers: ['provided', 'provided.al2023'],
  awsIdentifiers: ['provided', 'provided.al2', 'provided.al2023'],
  parse: withoutVersion(/^provided(?:\.al2|\.al2023)?$/),
  toolchains: [],
  defaultTemplate: 'shell',
});
