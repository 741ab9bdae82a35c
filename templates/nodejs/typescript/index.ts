import { greeting, type Greeting } from './greeting.ts';

/** What the function is called with: `lam invoke -d '{"name":"Ada"}'`, or an HTTP request for /{{name}}?name=Ada. */
export interface Event {
  readonly name?: string;
  /** Of an HTTP request. */
  readonly queryStringParameters?: Readonly<Record<string, string>>;
}

export const handler = async (event: Event): Promise<Greeting> => {
  const name = event.name ?? event.queryStringParameters?.['name'];
  console.log('greeting', name ?? 'world');
  return greeting(name);
};
