import { greeting, type Greeting } from './greeting.ts';

/** What the function is called with. */
export interface Event {
  readonly name?: string;
}

export const handler = async (event: Event): Promise<Greeting> => {
  console.log('greeting', event.name ?? 'world');
  return greeting(event.name);
};
