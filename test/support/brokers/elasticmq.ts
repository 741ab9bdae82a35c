import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Broker, notInstalled } from './broker.ts';

/** Folder of the server's jars. */
const LIB = '/opt/elasticmq/lib';

/** Why tests against ElasticMQ are skipped; false where it is installed. */
export const NO_ELASTICMQ = existsSync(LIB)
  ? false
  : notInstalled(LIB, 'copy org.elasticmq:elasticmq-server_2.13:1.6.12 with what it needs there, as .ci/run does');

/** Starts ElasticMQ, a server with the API of SQS; queues and messages are on disk before it answers. */
export function startElasticmq(): Promise<Broker> {
  return Broker.start({
    command: (folder, port) => {
      writeFileSync(join(folder, 'elasticmq.conf'), configuration(folder, port));
      return [
        ...['java', '-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
        ...[`-Dconfig.file=${join(folder, 'elasticmq.conf')}`, '-cp', join(LIB, '*'), 'org.elasticmq.server.Main'],
      ];
    },
    ready: async (port) => {
      const answer = await fetch(`http://127.0.0.1:${port}/?Action=ListQueues`);
      if (!answer.ok) throw new Error(await answer.text());
    },
  });
}

function configuration(folder: string, port: number): string {
  return `
include classpath("application.conf")
pekko.loglevel = "WARNING"
generate-node-address = false
node-address { protocol = http, host = "127.0.0.1", port = ${port}, context-path = "" }
rest-sqs { enabled = true, bind-port = ${port}, bind-hostname = "127.0.0.1", sqs-limits = strict }
rest-stats { enabled = false }
messages-storage { enabled = true, uri = "jdbc:h2:${join(folder, 'data')};WRITE_DELAY=0" }
`;
}
