import type { ParityRuntime } from './parity-runtime.ts';
import { withoutProgram } from './programs.ts';

export const ruby: ParityRuntime = {
  name: 'ruby',
  title: 'Ruby',
  settings: { runtime: 'ruby' },
  missing: withoutProgram('ruby'),
  streamingHandler: 'lambda_function.streaming',
  errors: {
    type: 'Function<ArgumentError>',
    trace: 'stackTrace',
    initType: 'Init<ArgumentError>',
    unserialisableType: 'Function<JSON::GeneratorError>',
  },
  differs: {},
};
