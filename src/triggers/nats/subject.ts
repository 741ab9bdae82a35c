/** What {@link subjectFault} says of subjects with a fault. */
const FORM = 'must be a subject like orders.new, orders.* or orders.>';

/** Returns the fault of a subject of NATS, or undefined. `isPattern`: whether it may have the wildcards `*` and `>`. */
export function subjectFault(subject: string, isPattern: boolean): string | undefined {
  const tokens = subject.split('.');
  const last = tokens.length - 1;
  const isFine = tokens.every((token, n) => {
    if (token === '*' || (token === '>' && n === last)) return isPattern;
    return /^[^\s*>]+$/.test(token);
  });
  if (isFine) return undefined;
  return isPattern ? FORM : 'must be a subject without wildcards, like orders.failed';
}

/** Whether a subject without wildcards matches a pattern. */
export function matchesSubject(pattern: string, subject: string): boolean {
  const [wanted, given] = [pattern.split('.'), subject.split('.')];
  const isOpen = wanted.at(-1) === '>';
  if (isOpen ? given.length < wanted.length : given.length !== wanted.length) return false;
  return wanted.every((token, n) => token === '*' || token === '>' || token === given[n]);
}
