import type { RuntimeDescriptor } from './descriptor.ts';
import { IMAGE_FILE } from './pinned-image.ts';

const UNUSED = 'image';

/** A Lambda container image, started with its own entry point, on AWS's Runtime API. */
export const image: RuntimeDescriptor = {
  parse: (identifier) => (identifier === 'image' ? { version: undefined } : undefined),
  identifiers: ['image'],
  awsIdentifiers: [],
  handler: {
    default: UNUSED,
    file: () => IMAGE_FILE,
    fault: (handler) =>
      handler === UNUSED ? undefined : 'is not used: the image says what runs, or imageConfig.command in lam.yaml',
  },
  protocol: 'runtime-api',
  entry: { kind: 'image', file: IMAGE_FILE, client: null },
  toolchains: [
    {
      title: 'Docker',
      program: 'docker',
      ask: ['--version'],
      wantedFor: null,
      supply: { debian: 'docker.io', site: 'https://docs.docker.com/engine/install/' },
    },
  ],
  stems: 'none',
  isManaged: false,
  environment: () => ({}),
  defaultTemplate: 'hello',
};
