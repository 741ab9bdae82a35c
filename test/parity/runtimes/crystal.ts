import type { ParityRuntime } from './parity-runtime.ts';
import { withoutProgram } from './programs.ts';

/** Crystal with the client of the template. */
export const crystal: ParityRuntime = {
  name: 'crystal',
  title: 'Crystal',
  settings: { runtime: 'crystal' },
  missing: () =>
    process.getuid?.() === 0 ? withoutProgram('crystal')() : Promise.resolve('compiling takes long, and root does it'),
  errors: {
    type: 'Asked',
    trace: 'stackTrace',
    initType: 'Runtime.ExitError',
    unserialisableType: '',
  },
  differs: {
    streaming: { note: 'The client of the template returns whole answers only.' },
    unserialisable: { note: 'The type of a result says that it can be written as JSON.' },
    context: { note: 'The client of the template passes the event alone.' },
    remainingTime: { note: 'The client of the template passes the event alone.' },
    concurrency: { note: 'The client of the template handles one call at a time.' },
  },
};
