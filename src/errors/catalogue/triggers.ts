import { entry, type Entry } from '../entry.ts';

export const TRIGGERS = {
  LAM_TRIGGERS_STOPPED: entry<{ name: string; trigger: string }>({
    kind: 'unavailable',
    fault: 'caller',
    message: (d) => `trigger '${d.trigger}' of '${d.name}' was stopped and accepts no events`,
    hint: (d) => `see which triggers are live: lam describe ${d.name}`,
  }),
} as const satisfies Record<string, Entry<never>>;
