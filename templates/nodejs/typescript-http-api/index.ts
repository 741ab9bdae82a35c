/** What this function reads of an HTTP request (payload format 2.0). */
export interface HttpEvent {
  readonly routeKey: string;
  readonly rawPath: string;
  readonly requestContext: { readonly http: { readonly method: string } };
  readonly pathParameters?: Readonly<Record<string, string>>;
  readonly queryStringParameters?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

export interface HttpResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type Route = (event: HttpEvent) => HttpResponse | Promise<HttpResponse>;

/** One function per route of lam.yaml. */
const routes: Readonly<Record<string, Route>> = {
  'GET /{{name}}/greetings/{name}': (event) => {
    const name = event.pathParameters?.['name'] ?? 'world';
    const greeting = event.queryStringParameters?.['greeting'] ?? 'Hello';
    return json(200, { message: `${greeting} ${name}!` });
  },

  'POST /{{name}}/greetings': (event) => {
    const { name } = bodyOf(event);
    if (typeof name !== 'string' || name === '') throw new RequestError(400, "the body needs a text 'name'");
    return json(201, { message: `Hello ${name}!` }, { location: `/{{name}}/greetings/${encodeURIComponent(name)}` });
  },
};

export const handler = async (event: HttpEvent): Promise<HttpResponse> => {
  console.log(event.requestContext.http.method, event.rawPath);
  try {
    const route = routes[event.routeKey];
    if (route === undefined) throw new RequestError(404, `there is no ${event.rawPath}`);
    return await route(event);
  } catch (error) {
    if (error instanceof RequestError) return json(error.statusCode, { error: error.message });
    console.error(error);
    return json(500, { error: 'internal error' });
  }
};

/** What the caller did wrong; its message goes into the answer. */
class RequestError extends Error {
  readonly statusCode: number;

  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

/** The members of the body; none if it is JSON but no object. */
function bodyOf(event: HttpEvent): Readonly<Record<string, unknown>> {
  const { body = '', isBase64Encoded } = event;
  const text = isBase64Encoded ? new TextDecoder().decode(Uint8Array.from(atob(body), (c) => c.charCodeAt(0))) : body;
  try {
    return (JSON.parse(text) as Record<string, unknown> | null) ?? {};
  } catch {
    throw new RequestError(400, 'the body is not JSON');
  }
}

function json(statusCode: number, value: unknown, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  return { statusCode, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) };
}
