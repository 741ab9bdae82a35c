import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { goVariables } from './caches.ts';
import { go } from './go.ts';
import type { ParityRuntime } from './parity-runtime.ts';
import { withoutProgram } from './programs.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/parity');

/** The program of the Go entry, with AWS's client, in an image that holds nothing else. */
export const image: ParityRuntime = {
  ...go,
  name: 'image',
  title: '`image`',
  settings: {
    runtime: 'image',
    build: {
      command: 'CGO_ENABLED=0 go build -trimpath -tags lambda.norpc -o bootstrap .',
      dockerfile: 'Dockerfile',
    },
  },
  onlyWith: { driver: 'docker', note: 'its functions are container images' },
  missing: withoutProgram('go', 'docker'),
  variables: goVariables,
  prepare: (folder) => cp(join(FIXTURES, 'go'), folder, { recursive: true }),
};
