import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { Broker, withoutProgram } from './broker.ts';

const SERVER = '/usr/sbin/mosquitto';

/** Why tests against Mosquitto are skipped; false where it is installed. */
export const NO_MOSQUITTO = withoutProgram(SERVER, 'mosquitto');

/** Credentials of the brokers that {@link startMosquitto} starts. The user may not use topics below `secret`. */
export const MQTT_USER = { username: 'app', password: 's3cret/pass' } as const;

/** Starts Mosquitto; it stores each change of its sessions within a second. */
export function startMosquitto(): Promise<Broker> {
  return Broker.start({
    command: (folder, port) => {
      const passwords = join(folder, 'passwords');
      execFileSync('mosquitto_passwd', ['-b', '-c', passwords, MQTT_USER.username, MQTT_USER.password]);
      const rights = join(folder, 'rights');
      writeFileSync(rights, `user ${MQTT_USER.username}\ntopic deny secret/#\ntopic readwrite #\n`);
      const config = join(folder, 'mosquitto.conf');
      const lines = [
        `listener ${port} 127.0.0.1`,
        'allow_anonymous false',
        `password_file ${passwords}`,
        `acl_file ${rights}`,
        'persistence true',
        `persistence_location ${folder}/`,
        'autosave_on_changes true',
        'autosave_interval 1',
        'max_queued_messages 0',
        // Otherwise it changes to a user that may not write here.
        ...(process.getuid?.() === 0 ? ['user root'] : []),
      ];
      writeFileSync(config, `${lines.join('\n')}\n`);
      return [SERVER, '-c', config];
    },
    ready: async (port) => {
      const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { ...MQTT_USER, reconnectPeriod: 0 }, false);
      await client.endAsync();
    },
  });
}
