import type { ParityRuntime } from './parity-runtime.ts';
import { withoutProgram } from './programs.ts';

/** C# on Mono, with lam's own client; the fixture counts on that client's values of `object`. */
export const dotnet: ParityRuntime = {
  name: 'dotnet',
  title: '.NET (Mono)',
  settings: { runtime: 'dotnet', handler: 'Parity::Parity.Function::Handle' },
  missing: withoutProgram('mcs', 'mono'),
  errors: {
    type: 'ArgumentException',
    trace: 'stackTrace',
    initType: 'InvalidOperationException',
    unserialisableType: 'NotSupportedException',
  },
  differs: { streaming: { note: "lam's client for Mono returns whole answers only." } },
};
