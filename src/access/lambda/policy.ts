/** The action of calling a route. */
const ACTION = 'execute-api:Invoke';

/**
 * Whether an IAM policy allows calling the route with this ARN: a statement must allow it and none deny it. Returns what
 * is wrong with a policy that cannot be read. Conditions are not supported. Pure.
 */
export function isAllowed(policy: unknown, routeArn: string): boolean | string {
  const statements = listOf((policy as { readonly Statement?: unknown } | null)?.Statement);
  let allowed = false;
  for (const statement of statements) {
    const { Effect, Action, Resource, Condition } = (statement ?? {}) as Readonly<Record<string, unknown>>;
    if (Effect !== 'Allow' && Effect !== 'Deny') return 'a statement whose Effect is neither Allow nor Deny';
    if (Condition !== undefined) return 'a statement with a Condition, which lam does not evaluate';
    const actions = listOf(Action);
    const resources = listOf(Resource);
    if (actions.length === 0 || resources.length === 0) return 'a statement without Action or Resource';
    if (!areTexts(actions) || !areTexts(resources)) return 'a statement whose Action or Resource is no text';
    // Names of actions are not case-sensitive.
    const applies =
      actions.some((pattern) => matches(pattern.toLowerCase(), ACTION.toLowerCase())) &&
      resources.some((pattern) => matches(pattern, routeArn));
    if (applies && Effect === 'Deny') return false;
    if (applies) allowed = true;
  }
  return allowed;
}

/** Whether a text matches a pattern with `*` for any characters and `?` for one. Linear in both but for `*`s. Pure. */
function matches(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let retry = 0;
  let n = 0;
  while (n < text.length) {
    if (pattern[at] === '*') {
      star = at++;
      retry = n;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[n])) {
      at++;
      n++;
    } else if (star >= 0) {
      at = star + 1;
      n = ++retry;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}

function areTexts(values: readonly unknown[]): values is readonly string[] {
  return values.every((value) => typeof value === 'string');
}

function listOf(value: unknown): readonly unknown[] {
  return value === undefined || value === null ? [] : Array.isArray(value) ? (value as unknown[]) : [value];
}
