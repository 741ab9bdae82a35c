import type { ConfigInput, FunctionDetail, VersionInfo } from '../../contract/index.ts';

/** Settings with null for the value of each variable, which may be a secret; `lam env list` prints values. */
type WithoutValues<T> = Omit<T, 'environment'> & { readonly environment?: Readonly<Record<string, null>> };

/** Returns the settings with null for the value of each variable. */
function withoutValues<T extends ConfigInput>(settings: T): WithoutValues<T> {
  const { environment, ...rest } = settings;
  if (environment === undefined) return rest;
  return { ...rest, environment: Object.fromEntries(Object.keys(environment).map((key) => [key, null])) };
}

/** Returns a version as `--json` prints it. */
export function shownVersion<T extends Pick<VersionInfo, 'config'>>(version: T): object {
  return { ...version, config: withoutValues(version.config) };
}

/** Returns a function as `--json` prints it. */
export function shownFunction(detail: FunctionDetail): object {
  return {
    ...detail,
    config: withoutValues(detail.config),
    overrides: withoutValues(detail.overrides),
    allVersions: detail.allVersions.map((version) => shownVersion(version)),
  };
}
