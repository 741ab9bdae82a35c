import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GLAMBDAR_ROUTES } from '../src/edge/apis/glambdar/routes.ts';
import { MINI_ROUTES } from '../src/edge/apis/mini-lambda/routes.ts';

/** An API of another product: its operations as method and path, where `*` stands for one segment. */
interface OtherApi {
  readonly title: string;
  /** Beginning of the names of the files in test/api with its tests. */
  readonly tests: string;
  readonly served: readonly string[];
  readonly missing: readonly string[];
  /** How operations differ. */
  readonly differs: Readonly<Record<string, string>>;
}

const APIS: readonly OtherApi[] = [
  {
    title: '[Glambdar](glambdar.md)',
    tests: 'glambdar',
    served: [...Object.keys(GLAMBDAR_ROUTES), 'ANY /invoke/*'],
    missing: [],
    differs: {
      'POST /deploy':
        'the code is loaded once, and a zip that cannot be is refused; functions have a time limit of 60 s',
      'ANY /invoke/*': 'a time-out is answered 504; a missing `body` is an empty response',
      'GET /info': '`invokeCount` counts invocations by this API',
      'GET /info/*': 'as GET /info',
      'GET /logs/*': "as far as the function's newest 20,000 records reach",
      'GET /auth/audit': 'begins anew with the daemon; `lam audit` keeps more',
      'POST /auth/keys': "keys look like lam's",
    },
  },
  {
    title: '[Mini-Lambda](mini-lambda.md)',
    tests: 'mini-lambda',
    served: Object.keys(MINI_ROUTES),
    missing: ['POST /hooks/*', 'GET /functions/*/k8s-manifest'],
    differs: {
      'POST /functions': 'one function to a name, which keeps the image that was meant; 200 as in its first release',
      'GET /functions': 'all functions of lam, those without an image too',
      'POST /invoke/*': 'standard output alone in `result`; an exit status other than 0 is 500, a time-out 504',
      'POST /invoke/*/async': 'durable; a failure is final, and retries are a setting',
      'GET /invocations': 'the newest 100, or as many as `limit` says',
      'GET /metrics': 'of invocations by any API',
      'POST /images': 'the whole image is checked first; without Docker it is unpacked',
      'POST /hooks/*': 'webhooks are triggers',
    },
  },
];

/** A row for each operation of other products' APIs. Throws if one that is served is in no test of its API. */
export function otherApisTable(root: string): string {
  const folder = join(root, 'test/api');
  const rows = APIS.flatMap(({ title, tests, served, missing, differs }) => {
    const text = readdirSync(folder)
      .filter((file) => file.startsWith(tests))
      .map((file) => readFileSync(join(folder, file), 'utf8'))
      .join('\n');
    const untested = served.filter((operation) => !text.includes(fixedPart(operation)));
    if (untested.length > 0) throw new TypeError(`no test in test/api/${tests}*: ${untested.join(', ')}`);
    return [...served, ...missing].map((operation) => {
      const how = differs[operation];
      const isServed = served.includes(operation);
      return `| ${title} | \`${operation}\` | ${isServed ? (how === undefined ? 'yes' : 'yes, but') : 'no'} | ${how ?? ''} |`;
    });
  });
  return ['| API | operation | served | how it differs |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** The path of an operation up to what requests fill in. */
function fixedPart(operation: string): string {
  const [, path = ''] = operation.split(' ');
  return path.split('*')[0] ?? path;
}
