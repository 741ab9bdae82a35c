import type { ChannelModel, ConfirmChannel, ConsumeMessage, Options } from 'amqplib';
import { shortened } from '../../source/run/dead-letter.ts';
import type { DeathCause, Inbox, SourceConnection } from '../../source/run/message.ts';
import type { SourceContext } from '../../source/run/source-starter.ts';
import type { RabbitmqTrigger } from '../rabbitmq.ts';
import { eventOf, messageOf, type RabbitmqEnvelope, type RabbitmqMessage } from './rabbitmq-event.ts';

/** Longest time to say goodbye to a broker (ms). */
const CLOSE_MS = 2000;

/** A consumer of a queue. The prefetch count holds back the broker. */
export class RabbitmqConnection implements SourceConnection<RabbitmqMessage> {
  readonly #model: ChannelModel;
  readonly #channel: ConfirmChannel;
  readonly #context: SourceContext<RabbitmqTrigger>;
  readonly #consumer: string;
  readonly #envelope: RabbitmqEnvelope;

  constructor(parts: {
    readonly model: ChannelModel;
    readonly channel: ConfirmChannel;
    readonly context: SourceContext<RabbitmqTrigger>;
    /** Tag of the consumer. */
    readonly consumer: string;
    readonly address: URL;
  }) {
    const { model, channel, context, consumer, address } = parts;
    this.#model = model;
    this.#channel = channel;
    this.#context = context;
    this.#consumer = consumer;
    const virtualHost = decodeURIComponent(address.pathname.slice(1)) || '/';
    this.#envelope = {
      broker: context.host.arns.broker(address.hostname),
      queue: `${context.config.queue}::${virtualHost}`,
    };
  }

  eventOf(messages: readonly RabbitmqMessage[]): string {
    return JSON.stringify(eventOf(messages, this.#envelope));
  }

  async receive(inbox: Inbox<RabbitmqMessage>): Promise<void> {
    const { queue } = this.#context.config;
    const take = (delivery: ConsumeMessage | null): void => {
      if (delivery === null) this.#context.lost(`queue '${queue}' was deleted`);
      else inbox.offer([messageOf(delivery, this.#consumer)]);
    };
    await this.#channel.consume(queue, take, { consumerTag: this.#consumer });
  }

  async pause(): Promise<void> {
    await this.#channel.cancel(this.#consumer);
  }

  async acknowledge(messages: readonly RabbitmqMessage[], answer: Uint8Array | undefined): Promise<void> {
    for (const { delivery } of messages) {
      if (answer !== undefined) await this.#reply(delivery, Buffer.from(answer), {});
      this.#channel.ack(delivery);
    }
  }

  async deadLetter({ delivery }: RabbitmqMessage, cause: DeathCause): Promise<void> {
    const { queue, deadLetterQueue } = this.#context.config;
    const { errorType, errorMessage, attempts } = cause;
    await this.#reply(delivery, Buffer.from(JSON.stringify({ errorType, errorMessage })), { type: 'error' });
    if (deadLetterQueue === undefined) {
      this.#channel.reject(delivery, false);
      return;
    }
    const why = shortened(cause);
    const { headers, ...properties } = delivery.properties;
    await this.#publish(deadLetterQueue, delivery.content, {
      ...(properties as Options.Publish),
      persistent: true,
      headers: {
        ...headers,
        'x-lam-queue': queue,
        'x-lam-attempts': attempts,
        'x-lam-error-type': why.errorType,
        'x-lam-error-message': why.errorMessage,
      },
    });
    this.#channel.ack(delivery);
  }

  release(): Promise<void> {
    // Closing the channel returns them to the head of the queue; a quorum queue would put rejected ones at its end.
    return Promise.resolve();
  }

  async lag(): Promise<number> {
    return (await this.#channel.checkQueue(this.#context.config.queue)).messageCount;
  }

  async close(): Promise<void> {
    // A broker that does not answer must not hold up the daemon's stop.
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#context.host.clock.after(CLOSE_MS, resolve);
    const closing = this.#channel.close().then(() => this.#model.close());
    await Promise.race([closing, promise]).finally(cancel);
  }

  async #reply({ properties }: ConsumeMessage, content: Buffer, more: Options.Publish): Promise<void> {
    const { replyTo, correlationId } = properties as { replyTo?: unknown; correlationId?: string };
    if (this.#context.config.reply !== true || typeof replyTo !== 'string') return;
    const id = correlationId === undefined ? {} : { correlationId };
    await this.#publish(replyTo, content, { contentType: 'application/json', ...id, ...more });
  }

  /** Publishes to a queue by its name; resolves once the broker has confirmed. */
  #publish(queue: string, content: Buffer, options: Options.Publish): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#channel.publish('', queue, content, options, (error: Error | null) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  }
}
