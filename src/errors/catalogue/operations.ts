import { entry } from '../entry.ts';

export const OPERATIONS = {
  LAM_OPERATIONS_INVALID_VALUE: entry<{ what: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => d.what,
  }),
};
