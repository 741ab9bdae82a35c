import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { Broker, withoutProgram } from './broker.ts';

const SERVER = '/usr/sbin/nats-server';

/** Why tests against NATS are skipped; false where it is installed. */
export const NO_NATS = withoutProgram(SERVER, 'nats-server');

/** Credentials of the servers that {@link startNats} starts. `LISTENER` may not use JetStream or the subject `secret`. */
export const NATS_USER = { user: 'app', pass: 's3cret/pass' } as const;
export const NATS_LISTENER = { user: 'listener', pass: 'l1stener' } as const;

/** Starts NATS with JetStream; its streams outlive a kill. */
export function startNats(): Promise<Broker> {
  return Broker.start({
    command: (folder, port) => {
      const config = join(folder, 'nats.conf');
      const users = [
        `{ user: ${NATS_USER.user}, password: "${NATS_USER.pass}" }`,
        `{ user: ${NATS_LISTENER.user}, password: "${NATS_LISTENER.pass}", permissions: { publish: "_INBOX.>", subscribe: { deny: "secret" } } }`,
      ];
      writeFileSync(
        config,
        `listen: 127.0.0.1:${port}\njetstream { store_dir: "${folder}" }\nauthorization { users = [${users.join(', ')}] }\n`,
      );
      return [SERVER, '-c', config];
    },
    ready: async (port) => (await connect({ servers: `127.0.0.1:${port}`, ...NATS_USER, reconnect: false })).close(),
  });
}
