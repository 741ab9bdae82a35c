import { entry } from '../entry.ts';

export const ROUTER = {
  LAM_ROUTER_LOOP: entry<{ name: string; most: number }>({
    kind: 'invalid_argument',
    fault: 'caller',
    aws: 'RecursiveInvocationException',
    message: (d) => `function '${d.name}' was called by a chain of ${d.most} functions, and no chain may be longer`,
    hint: (d) => `look for the function that calls itself, directly or through others: lam logs ${d.name}`,
  }),
} as const;
