import type { DestinationConfig } from '../../contract/index.ts';
import type { DestinationKind } from '../destination.ts';
import { urlFault } from '../source/references.ts';

/** A URL that records are posted to. */
export interface HttpDestination extends DestinationConfig {
  readonly type: 'http';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Headers whose values are secrets, which must be references because settings are shown. */
const SECRET = /^(authorization|proxy-authorization|cookie|.*(api-?key|token|secret|signature).*)$/i;

/** URLs. A record was received if the answer is 2xx. */
export const httpDestination: DestinationKind<HttpDestination> = {
  type: 'http',
  schema: {
    description: 'A URL, to which the record is posted as JSON. Any answer but 2xx is a failure.',
    properties: {
      url: {
        description: '`${NAME}` stands for a variable of the function; passwords must be such.',
        type: 'string',
        minLength: 1,
        examples: ['https://hooks.example.com/lam'],
      },
      headers: {
        description: 'Further headers. Secrets in them must be `${NAME}`.',
        type: 'object',
        additionalProperties: { type: 'string' },
        examples: [{ authorization: 'Bearer ${TOKEN}' }],
      },
    },
    required: ['url'],
  },
  form: 'https://HOST/PATH',
  fromText: (text) => (/^https?:\/\//i.test(text) ? { type: 'http', url: text } : undefined),
  labelOf: ({ url }) => URL.parse(url)?.host ?? 'a URL',
  fault: ({ url, headers = {} }) => {
    const fault = urlFault(url, ['https', 'http']);
    if (fault !== undefined) return { key: 'url', fault: `has a faulty url: it ${fault}` };
    for (const [name, value] of Object.entries(headers)) {
      if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(name) || /[\r\n\0]/.test(value))
        return { key: 'headers', fault: `has a header '${name}' that cannot be sent` };
      if (SECRET.test(name) && !value.includes('${'))
        return { key: 'headers', fault: `must not contain the value of '${name}'; write \${NAME} in its place` };
    }
    return undefined;
  },
  load: async () => (await import('./run/http.ts')).httpOpener,
};
