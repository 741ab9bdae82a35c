/** Environment variables of a process. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Whether colours and redrawing are off: `NO_COLOR`, `CI` or a dumb terminal. */
export function wantsPlain(env: Env): boolean {
  const set = (name: string): boolean => env[name] !== undefined && env[name] !== '';
  return set('NO_COLOR') || set('CI') || env['TERM'] === 'dumb';
}
