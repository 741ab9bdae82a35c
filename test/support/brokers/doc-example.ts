import { docExample as example } from '../doc-examples.ts';

/** Returns the files of an example in docs/triggers.md, with the broker at `port` instead of its usual port. */
export function docExample(
  name: string,
  { usualPort, port }: { readonly usualPort: number; readonly port: number },
): Readonly<Record<string, string>> {
  return example(name, { [`:${usualPort}`]: `:${port}` });
}
