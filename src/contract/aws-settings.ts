/** lam's names of settings that AWS calls otherwise, by AWS's name in lower case. */
const BY_AWS_NAME: Readonly<Record<string, string>> = {
  ephemeralstorage: 'tmp',
  memorysize: 'memory',
  provisionedconcurrentexecutions: 'provisionedConcurrency',
  reservedconcurrentexecutions: 'reservedConcurrency',
};

/** lam's name of a setting that AWS calls `word`, in any case; undefined for other words. Pure. */
export function settingOfAws(word: string): string | undefined {
  const name = word.toLowerCase();
  return Object.hasOwn(BY_AWS_NAME, name) ? BY_AWS_NAME[name] : undefined;
}
