interface Event {
  name?: string;
  queryStringParameters?: Record<string, string>;
}

export const handler = async (event: Event) => {
  // `lam invoke -d '{"name":"Ada"}'` passes the name itself; over HTTP the event describes the request: /{{name}}?name=Ada
  const name = event.name ?? event.queryStringParameters?.name ?? 'world';
  console.log('greeting', name);
  return { message: `Hello ${name}!` };
};
