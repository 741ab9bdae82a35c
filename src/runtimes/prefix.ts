import { dirname } from 'node:path';

/** Returns the folder of a program that is a single file outside /usr; none for a program in /usr or /. */
export function foreignFolder(executable: string): readonly string[] {
  const folder = dirname(executable);
  return folder === '/bin' || folder.startsWith('/usr/') ? [] : [folder];
}

/**
 * Returns the installation folder of a program `<prefix>/bin/<name>` outside /usr; none for a program in /usr or /.
 */
export function foreignPrefix(executable: string): readonly string[] {
  const prefix = dirname(dirname(executable));
  return prefix === '/' || prefix === '/usr' || prefix.startsWith('/usr/') ? [] : [prefix];
}
