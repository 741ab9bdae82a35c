import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { installedPackage } from './clone-copy.ts';

/** A registry of npm on loopback. Disposing closes it. */
export interface LocalRegistry extends AsyncDisposable {
  readonly url: string;
}

/** Packs the package in `folder` as npm does, without its scripts; returns the path of the tarball, in `place`. */
async function pack(folder: string, place: string): Promise<string> {
  mkdirSync(place);
  await promisify(execFile)('npm', ['pack', '--ignore-scripts', '--pack-destination', place, folder]);
  return join(place, readdirSync(place)[0] ?? '');
}

/** Serves the packages that this clone has installed from `npm ci`, so that others can be installed without a network. */
export async function localRegistry(workspace: string): Promise<LocalRegistry> {
  const tarballs = new Map<string, Promise<string>>();
  const answer = async (url: string): Promise<Buffer | string | undefined> => {
    const [name, part] = decodeURIComponent(url.slice(1)).split('/-/');
    const folder = name === undefined ? undefined : installedPackage(name);
    if (name === undefined || folder === undefined) return undefined;
    if (part !== undefined) {
      const tarball = tarballs.get(name) ?? pack(folder, join(workspace, name.replaceAll('/', '+')));
      tarballs.set(name, tarball);
      return readFileSync(await tarball);
    }
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
    const { version } = manifest;
    const dist = { tarball: `http://127.0.0.1:${port}/${name}/-/package.tgz` };
    return JSON.stringify({ name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } });
  };
  const server = createServer((request, response) => {
    answer(request.url ?? '').then(
      (body) => response.writeHead(body === undefined ? 404 : 200).end(body),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
