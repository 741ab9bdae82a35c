import assert from 'node:assert/strict';
import type { AsyncPage, AsyncResult } from '../../../src/contract/index.ts';
import type { EdgeHouse } from '../edge-house.ts';

/** Sends an event to the function `consumer`; returns its request id. */
export async function sendEvent(house: EdgeHouse, body: string): Promise<string> {
  const answer = await house.ask('/2015-03-31/functions/consumer/invocations', {
    method: 'POST',
    headers: { 'x-amz-invocation-type': 'Event' },
    body,
  });
  assert.equal(answer.status, 202, answer.text);
  return String(answer.headers['x-amzn-requestid']);
}

/** The delivery of the record of an event that succeeded, if it has begun. */
export async function deliveryOf(house: EdgeHouse, id: string): Promise<AsyncResult | undefined> {
  const page = await house.control('/_lam/v1/invocations?function=consumer%3AonSuccess');
  const { invocations } = page.json() as unknown as AsyncPage;
  const found = invocations.find(({ origin }) => origin.kind === 'trigger' && origin.id === id);
  if (found === undefined) return undefined;
  return (await house.control(`/_lam/v1/invocations/${found.id}`)).json() as unknown as AsyncResult;
}
