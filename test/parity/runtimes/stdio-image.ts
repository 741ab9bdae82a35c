import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { image } from './image.ts';
import type { ParityRuntime } from './parity-runtime.ts';
import { wasm } from './wasm.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/parity');

/** The program of the WebAssembly entry, compiled for this machine, in an image that holds nothing else. */
export const stdioImage: ParityRuntime = {
  ...image,
  name: 'stdio-image',
  title: '`stdio-image`',
  settings: {
    runtime: 'stdio-image',
    build: { command: 'CGO_ENABLED=0 go build -trimpath -o main .', dockerfile: 'Dockerfile' },
  },
  prepare: (folder) => cp(join(FIXTURES, 'wasm'), folder, { recursive: true }),
  errors: wasm.errors,
  differs: wasm.differs,
};
