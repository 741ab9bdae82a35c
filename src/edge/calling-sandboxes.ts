import type { CallingSandbox } from '../contract/index.ts';

/** The functions that may call others. Asked for each request, so a right that ended fails at the next one. */
export interface CallingSandboxes {
  /** Returns the caller with this token, always the same object; undefined if there is none. */
  find(token: string): CallingSandbox | undefined;
}
