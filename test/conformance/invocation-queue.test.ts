import { queueHouse } from '../support/queue-house.ts';
import { invocationQueueSuite } from './invocation-queue-suite.ts';

invocationQueueSuite('in a SQLite file', async () => {
  const house = await queueHouse();
  return {
    queue: house.queue,
    now: () => house.clock.now(),
    later: (ms) => house.clock.advance(ms),
    reopened: async () => {
      await house.reopen();
      return house.queue;
    },
    [Symbol.asyncDispose]: () => house[Symbol.asyncDispose](),
  };
});
