import { DEFAULT_CONFIG, isFunctionName } from '../../contract/index.ts';
import { FAMILIES, parseRuntime, type RuntimeFamily } from '../../runtimes/index.ts';
import type { Template } from '../../scaffold/index.ts';
import { askText, choose } from './prompts.ts';

/** What a new project is made of, as far as it was given. */
export interface InitChoices {
  readonly name: string | undefined;
  readonly runtime: string | undefined;
  readonly template: string | undefined;
}

/** Where a name of a folder stands for the current one. */
const HERE = '.';

/**
 * Asks on the terminal for what was not given: runtime and template (not where the template comes from elsewhere), and
 * name. Throws `LAM_CLI_CANCELLED`.
 */
export async function askForInit(
  given: InitChoices,
  templates: readonly Template[],
  isForeign: boolean,
): Promise<InitChoices> {
  if (isForeign) return { ...given, name: given.name ?? (await askName()) };
  const runtime = given.runtime ?? (await askRuntime(given.template, templates));
  const template = given.template ?? (await askTemplate(runtime, templates));
  return { runtime, template, name: given.name ?? (await askName()) };
}

async function askRuntime(template: string | undefined, templates: readonly Template[]): Promise<string> {
  const fitting = FAMILIES.filter((family) =>
    templates.some((each) => each.runtime === family && (template === undefined || each.template === template)),
  );
  const [only] = fitting;
  // An unknown template is reported with the default runtime.
  if (only === undefined) return DEFAULT_CONFIG.runtime;
  if (fitting.length === 1) return only;
  const standard = parseRuntime(DEFAULT_CONFIG.runtime)?.family ?? only;
  return choose<RuntimeFamily>(
    'Runtime',
    fitting.map((value) => ({ value })),
    fitting.includes(standard) ? standard : only,
  );
}

async function askTemplate(runtime: string, templates: readonly Template[]): Promise<string | undefined> {
  const known = parseRuntime(runtime);
  const fitting = templates.filter((each) => each.runtime === known?.family);
  if (known === undefined || fitting.length < 2) return undefined;
  const choices = fitting.map(({ template, description }) => ({ value: template, hint: description }));
  return choose('Template', choices, known.descriptor.defaultTemplate);
}

/** Undefined stands for the current folder. */
async function askName(): Promise<string | undefined> {
  const fault = (answer: string): string | undefined =>
    answer === HERE || isFunctionName(answer) ? undefined : "1 to 64 of a-z, A-Z, 0-9, '-' and '_'";
  const answer = await askText(`Name of the function and its folder (${HERE} for this folder)`, 'hello', fault);
  return answer === HERE ? undefined : answer;
}
