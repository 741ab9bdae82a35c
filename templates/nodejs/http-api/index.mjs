/** One function per route of lam.yaml. Each gets the event (payload format 2.0) and gives a response. */
const routes = {
  'GET /{{name}}/greetings/{name}': (event) => {
    const name = event.pathParameters.name;
    const greeting = event.queryStringParameters?.greeting ?? 'Hello';
    return json(200, { message: `${greeting} ${name}!` });
  },

  'POST /{{name}}/greetings': (event) => {
    const { name } = bodyOf(event);
    if (typeof name !== 'string' || name === '') throw new RequestError(400, "the body needs a text 'name'");
    return json(201, { message: `Hello ${name}!` }, { location: `/{{name}}/greetings/${encodeURIComponent(name)}` });
  },
};

export const handler = async (event) => {
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
  constructor(statusCode, message) {
    super(message);
    this.statusCode = statusCode;
  }
}

function bodyOf(event) {
  const text = event.isBase64Encoded ? Buffer.from(event.body, 'base64').toString() : (event.body ?? '');
  try {
    return JSON.parse(text) ?? {};
  } catch {
    throw new RequestError(400, 'the body is not JSON');
  }
}

function json(statusCode, value, headers = {}) {
  return { statusCode, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) };
}
