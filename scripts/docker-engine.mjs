// Tells whether a Docker engine answers on its socket, as the driver does, without the `docker` command.
import { request } from 'node:http';

/** Resolves with undefined if an engine answers, otherwise with a short reason. */
export function whyNoEngine(host = process.env.DOCKER_HOST ?? '') {
  const place = target(host === '' ? 'unix:///var/run/docker.sock' : host);
  if (place === undefined) return Promise.resolve(`DOCKER_HOST '${host}' is neither unix:// nor tcp://`);
  return new Promise((resolve) => {
    const ping = request({ ...place, path: '/_ping', timeout: 5000 }, (answer) => {
      answer.resume();
      answer.on('end', () =>
        resolve(answer.statusCode === 200 ? undefined : `it answered with status ${answer.statusCode}`),
      );
    });
    ping.on('timeout', () => ping.destroy(new Error('it did not answer within 5 s')));
    ping.on('error', (error) => resolve(error.message));
    ping.end();
  });
}

function target(host) {
  if (host.startsWith('unix://')) return { socketPath: host.slice('unix://'.length) };
  if (!host.startsWith('tcp://')) return undefined;
  const { hostname, port } = new URL(host);
  return { host: hostname, port: port || 2375 };
}
