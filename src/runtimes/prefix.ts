import { dirname } from 'node:path';

/** The folder that a program `<prefix>/bin/<name>` outside /usr was installed to; none where /usr or the root holds it. */
export function foreignPrefix(executable: string): readonly string[] {
  const prefix = dirname(dirname(executable));
  return prefix === '/' || prefix === '/usr' || prefix.startsWith('/usr/') ? [] : [prefix];
}
