import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { Broker, notInstalled } from './broker.ts';

/** The newest server that is installed. */
const BIN = globSync('/usr/lib/postgresql/*/bin').toSorted().at(-1) ?? '/usr/lib/postgresql/bin';

/** Why tests against PostgreSQL are skipped; false where it is installed. */
export const NO_POSTGRES = existsSync(join(BIN, 'initdb')) ? false : notInstalled(BIN, 'apt-get install postgresql');

/** Password of the user `lam` of the servers that {@link startPostgres} starts. */
export const POSTGRES_PASSWORD = 's3cret/pass';

/** Starts PostgreSQL with the user `lam`, who has a password and may do anything; commits are on disk before they are answered. */
export function startPostgres(): Promise<Broker> {
  return Broker.start({
    command: (folder, port) => {
      const data = join(folder, 'data');
      if (!existsSync(data)) initialize(folder, data);
      return unprivileged([
        ...[join(BIN, 'postgres'), '-D', data, '-p', String(port), '-k', folder],
        ...['-c', 'listen_addresses=127.0.0.1', '-c', 'shared_buffers=16MB', '-c', 'autovacuum=off'],
        // In its folder, so that a killed server leaves none behind.
        ...['-c', 'dynamic_shared_memory_type=mmap'],
      ]);
    },
    ready: async (port) => {
      const client = postgresClient(port);
      await client.connect();
      await client.end();
    },
    sweep: removeSegment,
  });
}

/** Removes the segment of shared memory that a killed server leaves, by which it would notice a second one. */
function removeSegment(folder: string): void {
  const file = join(folder, 'data', 'postmaster.pid');
  if (!existsSync(file)) return;
  const [, id] = readFileSync(file, 'utf8').split('\n')[6]?.trim().split(/\s+/) ?? [];
  if (id === undefined) return;
  try {
    execFileSync('ipcrm', ['-m', id], { stdio: 'ignore' });
  } catch {
    // It is gone already.
  }
}

/** A client of such a server, not yet connected. */
export function postgresClient(port: number): Client {
  const client = new Client({
    ...{ host: '127.0.0.1', port, user: 'lam', password: POSTGRES_PASSWORD, database: 'postgres' },
  });
  client.on('error', () => undefined);
  return client;
}

function initialize(folder: string, data: string): void {
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, POSTGRES_PASSWORD);
  if (process.getuid?.() === 0) {
    const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
    for (const path of [folder, passwordFile]) chownSync(path, id('-u'), id('-g'));
  }
  const login = ['-U', 'lam', '-A', 'scram-sha-256', '--pwfile', passwordFile];
  const [program = '', ...args] = unprivileged([join(BIN, 'initdb'), '-D', data, '--no-sync', '-E', 'UTF8', ...login]);
  execFileSync(program, args, { stdio: 'ignore', cwd: folder });
}

/** The server refuses to run as root. */
function unprivileged(command: readonly string[]): readonly string[] {
  if (process.getuid?.() !== 0) return command;
  return ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', ...command];
}
