import { entry } from '../entry.ts';

export const EDGE = {
  LAM_EDGE_PAYLOAD_TOO_LARGE: entry<{ limit: number }>({
    kind: 'too_large',
    fault: 'caller',
    aws: 'RequestTooLargeException',
    message: (d) => `the request body, or the event made of it, is larger than ${d.limit} bytes`,
    hint: () => 'pass large data by reference, for example as a path or a URL',
  }),
  LAM_EDGE_PAYLOAD_NOT_JSON: entry<{ why: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    aws: 'InvalidRequestContentException',
    message: (d) => `Could not parse request body into json: Could not parse payload into json: ${d.why}`,
    hint: () => `send JSON, for example: lam invoke -d '{"name":"you"}'`,
  }),
  LAM_EDGE_CLIENT_CONTEXT: entry({
    kind: 'invalid_argument',
    fault: 'caller',
    aws: 'InvalidRequestContentException',
    message: () =>
      'the X-Amz-Client-Context header is not base64 of a JSON document, or is longer than 3583 characters',
  }),
  LAM_EDGE_INVOCATION_TYPE: entry<{ type: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    aws: 'InvalidParameterValueException',
    message: (d) => `invocation type '${d.type}' is not supported; use RequestResponse, Event or DryRun`,
    hint: () => 'omit X-Amz-Invocation-Type to invoke synchronously',
  }),
  LAM_EDGE_BAD_NAME: entry<{ name: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    aws: 'InvalidParameterValueException',
    message: (d) => `'${d.name}' is neither a function name, nor NAME:QUALIFIER, nor an ARN`,
    hint: () => 'names are 1 to 64 of a-z A-Z 0-9 - _; see what is deployed: lam list',
  }),
  LAM_EDGE_BAD_QUALIFIER: entry<{ qualifier: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    aws: 'InvalidParameterValueException',
    message: (d) => `'${d.qualifier}' is neither a version number nor the name of an alias`,
    hint: () => 'versions are 1, 2, 3 ...; aliases are 1 to 128 of a-z A-Z 0-9 - _, but not all digits',
  }),
  LAM_EDGE_QUALIFIER_MISMATCH: entry<{ inName: string; inQuery: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    aws: 'InvalidParameterValueException',
    message: () => 'The derived qualifier from the function name does not match the specified qualifier.',
    hint: (d) => `ask for '${d.inName}' or for '${d.inQuery}', not both`,
  }),
  LAM_EDGE_NOT_FOUND: entry<{ method: string; path: string; near: readonly string[] }>({
    kind: 'not_found',
    fault: 'caller',
    aws: 'UnknownOperationException',
    message: (d) => `nothing is served at ${d.method} ${d.path}`,
    hint: (d) => {
      if (d.near.length > 0) return `similar paths: ${d.near.join(', ')}`;
      return String(d.path).startsWith('/_lam/')
        ? 'see the paths in docs/openapi.json'
        : 'see what is deployed and where: lam list';
    },
  }),
  LAM_EDGE_METHOD_NOT_ALLOWED: entry<{ method: string; path: string; allow: readonly string[] }>({
    kind: 'method_not_allowed',
    fault: 'caller',
    message: (d) => `the routes that match ${d.path} do not include the method ${d.method}`,
    hint: (d) => `use ${d.allow.join(' or ')}, or declare the route in lam.yaml`,
  }),
  LAM_EDGE_IDEMPOTENCY_KEY: entry({
    kind: 'invalid_argument',
    fault: 'caller',
    message: () => 'the header Idempotency-Key is not 1 to 255 visible ASCII characters',
    hint: () => 'send a new UUID for each change: Idempotency-Key: 7d3f1c2e-5a41-4f0c-9b1e-2f6d8c0a4e11',
  }),
  LAM_EDGE_IDEMPOTENCY_MISMATCH: entry<{ key: string }>({
    kind: 'already_exists',
    fault: 'caller',
    message: (d) => `the Idempotency-Key '${d.key}' was sent with another request before`,
    hint: () => 'send another key with another request',
  }),
  LAM_EDGE_IDEMPOTENCY_UNKNOWN: entry<{ key: string; isDone: boolean }>({
    kind: 'already_exists',
    fault: 'caller',
    message: (d) =>
      d.isDone
        ? `the request with the Idempotency-Key '${d.key}' was carried out, but its answer was not kept`
        : `the daemon ended while it carried out the request with the Idempotency-Key '${d.key}'`,
    hint: (d) =>
      d.isDone ? 'see what it led to: lam list' : 'see what it led to, then repeat it with another key: lam list',
  }),
  LAM_EDGE_CONTROL_METHOD: entry<{ method: string; path: string; allow: readonly string[] }>({
    kind: 'method_not_allowed',
    fault: 'caller',
    message: (d) => `${d.method} is not a method of ${d.path}`,
    hint: (d) => `use ${d.allow.join(' or ')}; see GET /_lam/v1/openapi.json`,
  }),
  LAM_EDGE_BAD_REQUEST: entry<{ what: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `the request is malformed: ${d.what}`,
    hint: () =>
      'see what requests may have in docs/openapi.json; if the command and the daemon differ in version: lam restart',
  }),
  LAM_EDGE_BAD_FORM: entry<{ what: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `the form is malformed: ${d.what}`,
    hint: () => 'send multipart/form-data, for example: curl -F "file=@FILE" URL',
  }),
  LAM_EDGE_FORM_WITHOUT_ZIP: entry({
    kind: 'invalid_argument',
    fault: 'caller',
    message: () => 'missing zip file',
    hint: () => 'send it in the field file: curl -F "file=@myfunc.zip" http://localhost:8000/deploy',
  }),
  LAM_EDGE_FORM_WITHOUT_IMAGE: entry({
    kind: 'invalid_argument',
    fault: 'caller',
    message: () => 'missing image file',
    hint: () =>
      'send what docker save wrote, in the field image: curl -F "image=@my-function.tar" http://localhost:8300/images',
  }),
  LAM_EDGE_MINI_BODY: entry<{ what: string; why: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `${d.what}: ${d.why}`,
    hint: () =>
      'send for instance {"name":"hello","image":"hello"} to /functions, {"event":{},"timeout":30} to /invoke/ID',
  }),
  LAM_EDGE_FUNCTION_EXISTS: entry<{ name: string }>({
    kind: 'already_exists',
    fault: 'caller',
    message: (d) => `function '${d.name}' already exists`,
    hint: () => 'delete it first, or publish a new version of it: lam deploy',
  }),
  LAM_EDGE_RATE_LIMIT_BODY: entry({
    kind: 'invalid_argument',
    fault: 'caller',
    message: () => 'invalid request body',
    hint: () => 'send a whole number of requests per second, 0 for no limit: {"rateLimit": 10}',
  }),
  LAM_EDGE_KEY_REFUSED: entry<{ isMissing: boolean }>({
    kind: 'unauthenticated',
    fault: 'caller',
    message: (d) => `${d.isMissing ? 'missing' : 'invalid'} API key`,
    hint: () =>
      'send the token of the daemon, or a key with scopes, as X-API-Key: lam key create NAME --scope invoke,read',
  }),
  LAM_EDGE_ROLE_REFUSED: entry<{ key: string; role: string; method: string; route: string }>({
    kind: 'permission_denied',
    fault: 'caller',
    message: (d) => `insufficient permissions: ${d.role} cannot ${d.method} ${d.route}`,
    hint: () => 'use a key whose scopes allow it: lam key list',
  }),
  LAM_EDGE_KEY_REQUEST: entry<{ what: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => d.what,
    hint: () => 'send {"name":"ci","role":"deployer"}; roles are admin, deployer, invoker and viewer',
  }),
  LAM_EDGE_KEY_EXISTS: entry({
    kind: 'already_exists',
    fault: 'caller',
    message: () => 'a key with this name already exists',
    hint: () => 'see which there are: lam key list',
  }),
  LAM_EDGE_KEY_NOT_FOUND: entry({
    kind: 'not_found',
    fault: 'caller',
    message: () => 'key not found',
    hint: () => 'see which there are: lam key list',
  }),
  LAM_EDGE_FOREIGN_USER: entry({
    kind: 'permission_denied',
    fault: 'caller',
    message: () =>
      'without a token, only programs of the user who runs the daemon may change functions or read about them',
    hint: () => 'start the daemon with a token, and send it as X-API-Key: LAM_TOKEN=SECRET lam restart',
  }),
  LAM_EDGE_TOO_MANY_CONNECTIONS: entry<{ total: number; perAddress: number }>({
    kind: 'unavailable',
    fault: 'caller',
    message: (d) => `too many connections: at most ${d.total} in all and ${d.perAddress} from one address are served`,
    hint: () => 'close idle connections, or raise the limit of open files: ulimit -n 65536 && lam restart',
  }),
  LAM_EDGE_TWO_HOSTS: entry({
    kind: 'invalid_argument',
    fault: 'caller',
    aws: 'InvalidRequestContentException',
    message: () => 'the request has more than one Host header',
    hint: () => 'send one Host header',
  }),
  LAM_EDGE_HOST_REFUSED: entry<{ host: string; name?: string }>({
    kind: 'permission_denied',
    fault: 'caller',
    aws: 'AccessDeniedException',
    message: (d) => `Host '${d.host}' is refused: it is neither a name or address of this machine nor an allowed one`,
    hint: (d) =>
      d.name === undefined
        ? 'use http://127.0.0.1, or the address that the daemon listens on: lam status'
        : `use http://127.0.0.1, or allow the name: lam restart --allow-host ${d.name}`,
  }),
  LAM_EDGE_ORIGIN_REFUSED: entry<{ origin: string; name?: string }>({
    kind: 'permission_denied',
    fault: 'caller',
    aws: 'AccessDeniedException',
    message: (d) => `requests of web pages from '${d.origin}' are refused`,
    hint: (d) =>
      `set cors of the route, or allow pages of ${d.name === undefined ? 'every host' : 'that host'}: lam restart --allow-host ${d.name ?? "'*'"}`,
  }),
  LAM_EDGE_TOKEN_NEEDED: entry({
    kind: 'permission_denied',
    fault: 'caller',
    aws: 'AccessDeniedException',
    message: () => 'this API requires the token that the daemon was started with',
    hint: () => 'send the header Authorization: Bearer TOKEN, or a key: lam key create NAME --scope invoke,read',
  }),
  LAM_EDGE_CALLER_UNKNOWN: entry({
    kind: 'permission_denied',
    fault: 'caller',
    aws: 'UnrecognizedClientException',
    message: () => 'the request has no token of a running function, so it may not invoke others',
    hint: () =>
      'send the header: Authorization: Bearer $LAM_INVOKE_TOKEN, or leave the variables AWS_* of the function to lam',
  }),
  LAM_EDGE_TOO_MANY_CALLS: entry<{ name: string; most: number }>({
    kind: 'resource_exhausted',
    fault: 'caller',
    aws: 'TooManyRequestsException',
    message: (d) => `a sandbox of '${d.name}' waits for ${d.most} calls of functions already, which is the limit`,
    hint: () => 'wait for answers before further calls, or invoke asynchronously: X-Amz-Invocation-Type: Event',
  }),
  LAM_EDGE_SOCKET_ONLY: entry({
    kind: 'permission_denied',
    fault: 'caller',
    aws: 'AccessDeniedException',
    message: () => 'the control API is served on the Unix socket of its owner, not on the HTTP port',
    hint: () => 'use the lam command, or send a key in the header Authorization: lam key create NAME --scope deploy',
  }),
  LAM_EDGE_CLIENT_GONE: entry({
    kind: 'cancelled',
    fault: 'caller',
    message: () => 'the client disconnected while it sent its request',
  }),
} as const;
