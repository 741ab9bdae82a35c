import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'amqplib';
import { Broker, freePort, withoutProgram } from './broker.ts';

/** Not the one in /usr/sbin, which changes to the user `rabbitmq`. */
const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server';

/** Why tests against RabbitMQ are skipped; false where it is installed. */
export const NO_RABBITMQ = withoutProgram(SERVER, 'rabbitmq-server');

/** Starts RabbitMQ, for the user `guest` with the password `guest`. */
export async function startRabbitmq(): Promise<Broker> {
  const [distribution, names] = [await freePort(), await freePort()];
  return Broker.start({
    command: (folder) => {
      writeFileSync(join(folder, 'plugins'), '[].\n');
      writeFileSync(join(folder, 'rabbitmq.conf'), 'log.console = true\nlog.console.level = error\nlog.file = false\n');
      return [SERVER];
    },
    env: (folder, port) => ({
      RABBITMQ_NODENAME: `lam${port}@localhost`,
      RABBITMQ_NODE_PORT: String(port),
      RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
      RABBITMQ_DIST_PORT: String(distribution),
      ERL_EPMD_PORT: String(names),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      RABBITMQ_MNESIA_BASE: folder,
      RABBITMQ_LOG_BASE: folder,
      RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
      RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
      // One scheduler is enough, and leaves the processors to the tests.
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 1:1 +sbwt none',
    }),
    ready: async (port) => (await connect(`amqp://127.0.0.1:${port}`)).close(),
    // Erlang's name server outlives the node.
    sweep: () =>
      void execFileSync('epmd', ['-kill'], {
        env: { ...process.env, ERL_EPMD_PORT: String(names), ERL_EPMD_ADDRESS: '127.0.0.1' },
        stdio: 'ignore',
      }),
  });
}
