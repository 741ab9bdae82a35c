import { entry } from '../entry.ts';

export const SCAFFOLD = {
  LAM_SCAFFOLD_INVALID_NAME: entry<{ name: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `'${d.name}' is not a function name: use 1 to 64 of a-z, A-Z, 0-9, '-' and '_'`,
    hint: () => 'choose another name: lam init hello --runtime nodejs',
  }),
  LAM_SCAFFOLD_EXISTS: entry<{ directory: string; unnamed?: true }>({
    kind: 'already_exists',
    fault: 'caller',
    message: (d) => `'${d.directory}' exists and is not an empty folder`,
    hint: (d) =>
      d.unnamed === true
        ? 'create a folder in it: lam init NAME, or add --force to overwrite files of the same name'
        : 'choose another name, or add --force to overwrite files of the same name',
  }),
  LAM_SCAFFOLD_UNKNOWN_RUNTIME: entry<{ runtime: string; known: readonly string[]; nearest?: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `there are no templates for the runtime '${d.runtime}'`,
    hint: (d) =>
      d.nearest === undefined
        ? `use one of: ${d.known.join(', ')}`
        : `did you mean '${d.nearest}'? There are: ${d.known.join(', ')}`,
  }),
  LAM_SCAFFOLD_UNKNOWN_TEMPLATE: entry<{
    runtime: string;
    template: string;
    known: readonly string[];
    nearest?: string;
    /** Another runtime that has a template of this name. */
    elsewhere?: string;
  }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `the runtime '${d.runtime}' has no template '${d.template}'`,
    hint: (d) => {
      if (d.elsewhere !== undefined)
        return `it is of another runtime: --runtime ${d.elsewhere} --template ${d.template}`;
      return d.nearest === undefined
        ? `use one of: ${d.known.join(', ')}`
        : `did you mean '${d.nearest}'? There are: ${d.known.join(', ')}`;
    },
  }),
  LAM_SCAFFOLD_SOURCE_INVALID: entry<{ from: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `'${d.from}' is neither a folder nor the address of a git repository`,
    hint: () => 'give --from a folder, or an address such as https://host/owner/repository.git#branch',
  }),
  LAM_SCAFFOLD_TEMPLATE_INVALID: entry<{ template: string; what: string }>({
    kind: 'failed_precondition',
    fault: 'caller',
    message: (d) => `the template '${d.template}' can't be used: ${d.what}`,
    hint: () => 'correct the template, or choose another one',
  }),
  LAM_SCAFFOLD_GIT_FAILED: entry<{ url: string; reason: string }>({
    kind: 'failed_precondition',
    fault: 'caller',
    message: (d) => `git could not clone '${d.url}': ${d.reason}`,
    hint: (d) => `check that git can reach it: git ls-remote -- '${d.url}'`,
  }),
  LAM_SCAFFOLD_GIT_MISSING: entry<{ url: string }>({
    kind: 'tool_missing',
    fault: 'host',
    message: (d) => `git is needed to fetch '${d.url}' and is not on the PATH`,
    hint: () => 'install git, or give --from a folder',
  }),
  LAM_SCAFFOLD_WRITE_FAILED: entry<{ path: string; reason: string }>({
    kind: 'host_failure',
    fault: 'host',
    message: (d) => `could not write '${d.path}': ${d.reason}`,
    hint: () => 'check that the folder is writable and the disk has space',
  }),
} as const;
