import { entry } from '../entry.ts';

export const GENERAL = {
  LAM_INTERNAL: entry<{ what: string }>({
    kind: 'internal',
    fault: 'lam',
    aws: 'ServiceException',
    message: (d) => `internal error: ${d.what}`,
    hint: () => 'run the command again with LAM_DEBUG=1 and report what it prints',
  }),
  LAM_INTERNAL_INVARIANT: entry<{ what: string }>({
    kind: 'internal',
    fault: 'lam',
    aws: 'ServiceException',
    message: (d) => `an invariant of lam does not hold: ${d.what}`,
    hint: () => 'run the command again with LAM_DEBUG=1 and report what it prints',
  }),
} as const;
