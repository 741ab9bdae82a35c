import type { FunctionName } from './names.ts';
import type { SandboxId, TraceId } from './ids.ts';

/** The right of one sandbox to invoke functions, and nothing else. Ends with the sandbox. */
export interface CallRight {
  /** Whose right it is. */
  readonly caller: CallingSandbox;
  /** URL of the API at which it is valid, as the sandbox sees it; without a slash at its end. */
  readonly url: string;
  /** The secret: bearer token, session token of AWS's SDKs, and part of {@link callerUrl}. */
  readonly token: string;
  /** What AWS's SDKs need besides: they sign with these, and the token alone is checked. */
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A sandbox that may call functions. */
export interface CallingSandbox {
  readonly sandbox: SandboxId;
  readonly functionName: FunctionName;
  /** Trace of the invocation that started last, for calls that name none; undefined where several may run at once. */
  traceId?: TraceId;
  /** Functions in the chain of calls that led to that invocation, its own included. */
  depth: number;
}

const CALLER_PREFIX = '/caller/';

/** Returns the URL with the token in its path, for SDKs that sign with credentials of their own. Pure. */
function callerUrl({ url, token }: Pick<CallRight, 'url' | 'token'>): string {
  return `${url}${CALLER_PREFIX}${token}`;
}

/** Divides a path into the token at its beginning, if there is one, and the rest. Pure. */
export function splitCallerPath(path: string): { readonly token: string | undefined; readonly rest: string } {
  if (!path.startsWith(CALLER_PREFIX)) return { token: undefined, rest: path };
  const end = path.indexOf('/', CALLER_PREFIX.length);
  if (end < 0) return { token: path.slice(CALLER_PREFIX.length), rest: '/' };
  return { token: path.slice(CALLER_PREFIX.length, end), rest: path.slice(end) };
}

/** Variables with which an author chooses other credentials for AWS's SDKs. */
const OWN_CREDENTIALS = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_PROFILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
];
/** Variables with which an author chooses another Lambda. */
const OWN_ENDPOINTS = ['AWS_ENDPOINT_URL_LAMBDA', 'AWS_ENDPOINT_URL', 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'];

/** What of a function's own environment takes the place of lam's. Pure. */
export interface OwnAws {
  /** The variables with credentials, in a fixed order. */
  readonly credentials: readonly string[];
  readonly endpoints: readonly string[];
}

/** Finds them. Pure. */
export function ownAws(environment: Readonly<Record<string, string>>): OwnAws {
  const among = (names: readonly string[]): readonly string[] => names.filter((name) => name in environment);
  return { credentials: among(OWN_CREDENTIALS), endpoints: among(OWN_ENDPOINTS) };
}

/**
 * Returns the variables by which a function finds the API and its right. AWS's SDKs find both without any change; the
 * function's own variables win. With credentials of the author the SDKs find the token in the endpoint. Pure.
 */
export function callEnvironment(
  right: CallRight,
  environment: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const own = ownAws(environment);
  const hasCredentials = own.credentials.length > 0;
  return {
    LAM_ENDPOINT: right.url,
    LAM_INVOKE_TOKEN: right.token,
    ...(own.endpoints.length > 0 ? {} : { AWS_ENDPOINT_URL_LAMBDA: hasCredentials ? callerUrl(right) : right.url }),
    ...(hasCredentials
      ? {}
      : {
          AWS_ACCESS_KEY_ID: right.accessKeyId,
          AWS_SECRET_ACCESS_KEY: right.secretAccessKey,
          AWS_SESSION_TOKEN: right.token,
        }),
  };
}
