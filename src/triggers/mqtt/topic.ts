/** Returns the fault of a topic of MQTT, or undefined. `isFilter`: whether it may have the wildcards `+` and `#`. */
export function topicFault(topic: string, isFilter: boolean): string | undefined {
  if (topic.startsWith('$share/')) return 'must not begin with $share/; write the name of the group in `group`';
  if (topic.includes('\0')) return 'must not contain a null character';
  const levels = topic.split('/');
  const last = levels.length - 1;
  const isFine = levels.every((level, n) => {
    if (level === '+' || (level === '#' && n === last)) return isFilter;
    return !/[+#]/.test(level);
  });
  if (isFine) return undefined;
  return isFilter ? 'must be a topic like a/b, a/+/c or a/#' : 'must be a topic without wildcards, like dead/sensors';
}

/** Whether a topic without wildcards matches a filter. */
export function matchesTopic(filter: string, topic: string): boolean {
  const [wanted, given] = [filter.split('/'), topic.split('/')];
  if (/^[+#]/.test(filter) && topic.startsWith('$')) return false;
  const isOpen = wanted.at(-1) === '#';
  // A filter a/# matches the topic a too.
  if (isOpen ? given.length < wanted.length - 1 : given.length !== wanted.length) return false;
  return wanted.every((level, n) => level === '+' || level === '#' || level === given[n]);
}
