import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Admin, type BaseOptions } from '@platformatic/kafka';
// It guards against errors of connections that are reported twice, which would end the test.
import '../../../src/triggers/kafka/run/client.ts';
import { Broker, freePort, notInstalled } from './broker.ts';
import { Cable } from './cable.ts';

/** Folder of the server's jars. */
const LIB = '/opt/kafka/lib';

/** Why tests against Kafka are skipped; false where it is installed. */
export const NO_KAFKA = existsSync(LIB)
  ? false
  : notInstalled(
      LIB,
      'copy org.apache.kafka:kafka_2.13:4.3.1 and kafka-tools with what they need there, as .ci/run does',
    );

/** Password of the user `app`. */
export const KAFKA_PASSWORD = 's3cret/pass';

/** A server and a cable to it, by which brokers name themselves to those who come through it. */
export interface Kafka extends AsyncDisposable {
  readonly broker: Broker;
  readonly cable: Cable;
  /** Options of a client. */
  readonly options: BaseOptions;
}

/** Starts Kafka as a single node in KRaft mode. */
export async function startKafka(): Promise<Kafka> {
  const cabled = await freePort();
  const cable = await Cable.to(cabled);
  const options = (port: number): BaseOptions => ({
    clientId: 'test',
    bootstrapBrokers: [`127.0.0.1:${port}`],
    retries: 0,
    sasl: { mechanism: 'PLAIN', username: 'app', password: KAFKA_PASSWORD },
  });
  const java = ['java', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(LIB, '*')];
  const broker = await Broker.start({
    command: async (folder, port) => {
      const file = join(folder, 'server.properties');
      if (!existsSync(file)) {
        const [inner, controller] = [await freePort(), await freePort()];
        writeFileSync(file, configuration(folder, { port, cabled, cable: cable.port, inner, controller }));
        const [program = '', ...args] = java;
        const format = [...args, 'kafka.tools.StorageTool', 'format', '-t', 'MkU3OEVBNTcwNTJENDM2Qg', '-c', file];
        execFileSync(program, format, { cwd: folder, stdio: 'ignore' });
      }
      return [...java, 'kafka.Kafka', file];
    },
    ready: async (port) => {
      const admin = new Admin(options(port));
      try {
        await admin.listTopics();
      } finally {
        await admin.close();
      }
    },
  });
  return {
    broker,
    cable,
    options: options(broker.port),
    async [Symbol.asyncDispose]() {
      await broker[Symbol.asyncDispose]();
      await cable[Symbol.asyncDispose]();
    },
  };
}

interface Ports {
  readonly port: number;
  /** Where the cable ends, and where it begins. */
  readonly cabled: number;
  readonly cable: number;
  readonly inner: number;
  readonly controller: number;
}

function configuration(folder: string, { port, cabled, cable, inner, controller }: Ports): string {
  const login = `org.apache.kafka.common.security.plain.PlainLoginModule required user_app="${KAFKA_PASSWORD}";`;
  const at = (name: string, where: number): string => `${name}://127.0.0.1:${where}`;
  return `
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controller}
listeners=${at('CLIENT', port)},${at('CABLE', cabled)},${at('INNER', inner)},${at('CONTROLLER', controller)}
advertised.listeners=${at('CLIENT', port)},${at('CABLE', cable)},${at('INNER', inner)}
listener.security.protocol.map=CLIENT:SASL_PLAINTEXT,CABLE:SASL_PLAINTEXT,INNER:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=INNER
controller.listener.names=CONTROLLER
sasl.enabled.mechanisms=PLAIN
listener.name.client.plain.sasl.jaas.config=${login}
listener.name.cable.plain.sasl.jaas.config=${login}
log.dirs=${join(folder, 'data')}
num.partitions=2
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
`;
}
