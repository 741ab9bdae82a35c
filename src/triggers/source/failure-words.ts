import { messageOf } from '../../errors/index.ts';

/** Says why something failed: the error's message, or its code, as errors that stand for several have no message. */
export function wordsFor(error: unknown): string {
  const message = messageOf(error);
  if (message !== '') return message;
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'no reason given';
}
