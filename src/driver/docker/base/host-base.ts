import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

import { tar, type TarEntry } from './tar.ts';

/** A host path seen inside a container, read-only unless `writable`. */
export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly writable?: boolean;
}

/** A base made of the host's system folders: an image of mount points, and the mounts. */
export interface HostBase {
  /** Contains a hash of the archive, so that another layout is another image. */
  readonly tag: string;
  readonly archive: Buffer;
  readonly mounts: readonly Mount[];
}

/** The repository of all host base images. */
const HOST_BASE_REPOSITORY = 'lam-host-base';

/** Top-level folders that are links into /usr on most systems, and folders of their own on others. */
const SYSTEM = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'];

/** Entries of /etc that interpreters read; none names users of the machine or holds secrets. */
const ETC =
  /^(alternatives|ld\.so\.cache|mime\.types|services|protocols|pki|crypto-policies|java.*|python3.*|perl|php|mono|ruby.*)$/;
/** Certificates of authorities; no private keys. */
const ETC_SSL = ['certs', 'openssl.cnf'];

/** Plans a host base from what `root` (the host's `/`) holds. */
export function planHostBase(root = '/'): HostBase {
  const system = SYSTEM.map((name) => systemEntry(root, name)).filter((e) => e !== undefined);
  const etc = readdirSync(join(root, 'etc')).filter((name) => ETC.test(name));
  const ssl = ETC_SSL.map((name) => join('ssl', name)).filter((name) => existsSync(join(root, 'etc', name)));
  const archive = tar([...system.map((s) => s.entry), ...['usr', 'etc'].map(directory), ...PLACES, ...NAME_FILES]);
  return {
    tag: `${HOST_BASE_REPOSITORY}:${createHash('sha256').update(archive).digest('hex').slice(0, 12)}`,
    archive,
    mounts: [
      'usr',
      ...system.filter((s) => s.isFolder).map((s) => s.entry.path),
      ...[...etc, ...ssl].toSorted().map((name) => join('etc', name)),
    ].map((path) => ({ source: join(root, path), target: join('/', path) })),
  };
}

function directory(path: string): TarEntry {
  return { kind: 'directory', path, mode: 0o755 };
}

/** Folders that containers mount or write. */
export const PLACES: readonly TarEntry[] = [
  ...['dev', 'proc', 'sys', 'opt', 'var', 'var/task', 'lam', 'lam/run', 'lam/api'].map(directory),
  { kind: 'directory', path: 'tmp', mode: 0o1777 },
];

const file = (path: string, text: string): TarEntry => ({ kind: 'file', path, mode: 0o644, text });

/** The minimum for name look-ups: one unprivileged user, loopback, and the name servers that Docker adds. */
export const NAME_FILES: readonly TarEntry[] = [
  file('etc/passwd', 'root:x:0:0:root:/root:/usr/sbin/nologin\nsandbox:x:1000:1000::/tmp:/bin/sh\n'),
  file('etc/group', 'root:x:0:\nsandbox:x:1000:\n'),
  file('etc/hosts', '127.0.0.1\tlocalhost\n::1\tlocalhost\n'),
  file('etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n'),
  file('etc/resolv.conf', ''),
];

function systemEntry(root: string, name: string): { readonly entry: TarEntry; readonly isFolder: boolean } | undefined {
  const path = join(root, name);
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (found.isSymbolicLink())
    return { entry: { kind: 'symlink', path: name, target: readlinkSync(path) }, isFolder: false };
  return found.isDirectory() ? { entry: directory(name), isFolder: true } : undefined;
}
