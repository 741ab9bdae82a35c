import { dirname } from 'node:path';

/**
 * Returns the installation folder of a program `<prefix>/bin/<name>` outside /usr; none for a program in /usr or /.
 */
export function foreignPrefix(executable: string): readonly string[] {
  const prefix = dirname(dirname(executable));
  return prefix === '/' || prefix === '/usr' || prefix.startsWith('/usr/') ? [] : [prefix];
}
