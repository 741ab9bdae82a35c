// One function per kind of event; others are ignored.
const EVENTS = {
  ping: () => ({ pong: true }),
  push: ({ ref, commits }) => {
    console.log(`${commits.length} commits on ${ref}`);
    return { ref, commits: commits.length };
  },
};

// The signature was checked before: the request is from the sender, and new.
export const handler = async (event) => {
  const text = event.isBase64Encoded ? Buffer.from(event.body, 'base64').toString() : event.body;
  const name = event.headers['x-github-event'];
  if (!Object.hasOwn(EVENTS, name)) return { ignored: name };
  return EVENTS[name](JSON.parse(text));
};
