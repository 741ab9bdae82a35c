import assert from 'node:assert/strict';
import type { Answer, EdgeHouse } from './edge-house.ts';

const REQUEST =
  /^(?<method>[A-Z]+) (?<host>[^/\s]*)(?<path>\/\S*) +-> (?<status>\d{3})(?: (?<who>[^,\n]+), (?<key>[^\n]+))?(?<headers>(?:\n {2}.*)*)$/;

/**
 * Sends the request of a line and compares the answer with the rest of the line. Further lines are headers: of the
 * request, and after a `<` of the answer.
 */
export async function checkRequestLine(house: EdgeHouse, line: string): Promise<void> {
  const { method = '', host = '', path = '', status, who, key, headers = '' } = REQUEST.exec(line)?.groups ?? {};
  assert.ok(status !== undefined, `'${line}' cannot be read`);
  const given = [...headers.matchAll(/^ {2}(< )?([\w-]+): (.*)$/gm)].map(([, of = '', name = '', value = '']) => ({
    isOfAnswer: of !== '',
    name: name.toLowerCase(),
    value,
  }));
  const sent = given.filter(({ isOfAnswer }) => !isOfAnswer).map(({ name, value }) => [name, value]);
  const answer: Answer = await house.ask(path, {
    method,
    headers: { host: host === '' ? 'localhost' : host, ...Object.fromEntries(sent) },
  });
  assert.equal(answer.status, Number(status), line);
  for (const { isOfAnswer, name, value } of given) if (isOfAnswer) assert.equal(answer.headers[name], value, line);
  if (who === undefined) return;
  const event = answer.json() as { routeKey: string; requestContext: { apiId: string } };
  assert.deepEqual([event.requestContext.apiId, event.routeKey], [who, key], line);
}
