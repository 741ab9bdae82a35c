// The event has the shape of Lambda's for Amazon MQ: the messages of a batch, by queue.
export const handler = async (event) => {
  const batchItemFailures = [];
  for (const message of Object.values(event.rmqMessagesByQueue).flat()) {
    try {
      await handle(JSON.parse(Buffer.from(message.data, 'base64')));
    } catch (error) {
      // Only this message is tried again, and becomes a dead letter in the end.
      console.error('failed:', error.message);
      const itemIdentifier = message.basicProperties.messageId ?? String(message.deliveryTag);
      batchItemFailures.push({ itemIdentifier });
    }
  }
  return { batchItemFailures };
};

/** Does the work of one message. May see a message twice. */
async function handle(order) {
  if (typeof order.id !== 'string') throw new Error('an order needs an id');
  console.log('order', order.id);
}
