import type { AuthScheme } from '../scheme.ts';

/** Every request is accepted, also where the project's routes have another `auth`. */
export const none: AuthScheme = {
  summary: 'accepts every request',
  options: {},
  required: [],
  fault: () => undefined,
};
