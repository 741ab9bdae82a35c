// One bundle for both packages, which share a third one.
export * from '@nats-io/jetstream';
export * from '@nats-io/transport-node';
