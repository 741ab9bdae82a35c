import { http } from './http/http.ts';
import type { TriggerKind } from './kind.ts';

/** All kinds of triggers. To add one: a folder beside `http/` and a line here. */
export const TRIGGER_KINDS: readonly TriggerKind[] = [http];
