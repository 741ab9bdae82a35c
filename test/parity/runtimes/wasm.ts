import type { ParityRuntime } from './parity-runtime.ts';
import { goVariables } from './caches.ts';
import { PER_INVOCATION } from './per-invocation.ts';
import { withoutProgram } from './programs.ts';

/** A WASI command in Go; it prints its log on stderr. */
export const wasm: ParityRuntime = {
  name: 'wasm',
  title: '`wasm`',
  settings: {
    runtime: 'wasm',
    build: { command: "GOOS=wasip1 GOARCH=wasm go build -trimpath -ldflags='-s -w' -o main.wasm ." },
  },
  missing: withoutProgram('go'),
  variables: goVariables,
  errors: {
    type: 'Runtime.ExitError',
    trace: null,
    initType: 'Runtime.ExitError',
    unserialisableType: 'none',
  },
  differs: PER_INVOCATION,
};
