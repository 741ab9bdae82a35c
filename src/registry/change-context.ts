import type { VersionNumber } from '../contract/index.ts';
import type { TriggerKind } from '../triggers/index.ts';

/** Inputs of every change besides its request. */
export interface ChangeContext {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Known kinds of triggers. */
  readonly kinds: readonly TriggerKind[];
  /** Unpacked size of the artifact of a publish request (bytes). */
  readonly size: number;
}

/** Old and new version of a pointer. */
export interface Move {
  /** Null for a new pointer. */
  readonly from: VersionNumber | null;
  readonly to: VersionNumber;
}

/** Author and message of a request; empty where it has none. */
export function about(request: { readonly by?: string | undefined; readonly message?: string | undefined }): {
  by: string;
  message: string;
} {
  return { by: request.by ?? '', message: request.message ?? '' };
}
