import type { AuthOption, AuthOptions, AuthScheme, AuthSetting } from './scheme.ts';
import { SCHEMES } from './schemes/list.ts';

const NAMES = Object.keys(SCHEMES);

/** Schema of the setting `auth`: a name, or a map whose options are those of all schemes. */
export const AUTH_SCHEMA = {
  description: `Who may call the route: ${Object.entries(SCHEMES)
    .map(([name, { summary }]) => `\`${name}\`, ${summary}`)
    .join('; ')}.`,
  type: ['string', 'object'],
  properties: {
    type: { description: 'How requests are authorized.', type: 'string', enum: NAMES },
    ...options(),
  },
  required: ['type'],
  additionalProperties: false,
  examples: [
    ...NAMES.filter((name) => SCHEMES[name]?.required.length === 0 && name !== 'jwt'),
    { type: 'jwt', issuer: 'https://accounts.example.com', audience: 'orders' },
  ],
} as const;

/** Options of all schemes. Two of the same name share a schema that accepts what either does; `authFault` tells them apart. */
function options(): Readonly<Record<string, AuthOption>> {
  return Object.assign({}, ...Object.values(SCHEMES).map((scheme) => scheme.options)) as Record<string, AuthOption>;
}

/** The scheme of a setting and its options; `none` where there is no setting. Pure. */
export function authOf(setting: AuthSetting | undefined): AuthOptions {
  return typeof setting === 'object' ? setting : { type: setting ?? 'none' };
}

/** Whether a route with this setting checks requests. Pure. */
export function isProtecting(setting: AuthSetting | undefined): boolean {
  return authOf(setting).type !== 'none';
}

/** Returns what is wrong with a setting that is valid by its schema, as words to follow the route's name, or undefined. Pure. */
export function authFault(setting: AuthSetting): string | undefined {
  const { type, ...given } = authOf(setting);
  const scheme = Object.hasOwn(SCHEMES, type) ? (SCHEMES[type] as AuthScheme) : undefined;
  if (scheme === undefined) return `has auth of the type '${type}'; there are ${NAMES.join(', ')}`;
  const foreign = Object.keys(given).find((key) => !Object.hasOwn(scheme.options, key));
  if (foreign !== undefined) {
    const own = Object.keys(scheme.options);
    return `has ${foreign} in auth, which is no option of ${type}${own.length === 0 ? '' : `; it has ${own.join(', ')}`}`;
  }
  const missing = scheme.required.find((key) => given[key] === undefined);
  if (missing !== undefined) return `has auth of the type ${type} without ${missing}`;
  const fault = scheme.fault({ type, ...given });
  return fault === undefined ? undefined : `has auth that ${fault}`;
}
