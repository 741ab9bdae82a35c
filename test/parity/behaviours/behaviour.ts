import type { ParityPlace } from '../place.ts';

/** The functions that the suite deploys, all of the same code. */
export type ParityFunction = 'main' | 'twin' | 'brief' | 'failing' | 'exiting' | 'many' | 'streaming';

/** One thing that every runtime does, a row of the table. */
export interface Behaviour {
  /** What the runtime does, in the words of the table and of the test's title. */
  readonly title: string;
  /** The functions that it calls, beside `main`. */
  readonly uses?: readonly ParityFunction[];
  /** Asserts it. */
  run(place: ParityPlace): Promise<void>;
}
