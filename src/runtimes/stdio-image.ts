import { image } from './image.ts';
import type { RuntimeDescriptor } from './descriptor.ts';
import { IMAGE_FILE } from './pinned-image.ts';
import { stdio } from './stdio.ts';

/** Any container image whose program reads the event on stdin and prints the result, once per invocation. */
export const stdioImage: RuntimeDescriptor = {
  ...image,
  parse: (identifier) => (identifier === 'stdio-image' ? { version: undefined } : undefined),
  identifiers: ['stdio-image'],
  protocol: stdio.protocol,
  entry: { kind: 'image', file: IMAGE_FILE, client: 'bootstrap-stdio.cjs' },
  environment: (memoryMiB) => stdio.environment(memoryMiB),
};
