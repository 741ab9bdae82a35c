/**
 * Where a program is had, as an aside for a hint: ` (apt-get install ruby)` or ` (https://...)`; empty where neither is
 * known. Pure. `debian`: the Debian package with it.
 */
export function whereFrom({ debian, site }: { readonly debian?: string; readonly site?: string }): string {
  if (debian !== undefined) return ` (apt-get install ${debian})`;
  return site === undefined ? '' : ` (${site})`;
}
