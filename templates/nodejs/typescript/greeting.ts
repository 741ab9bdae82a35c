export interface Greeting {
  readonly message: string;
}

export function greeting(name: string = 'world'): Greeting {
  return { message: `Hello ${name}!` };
}
