import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { socketPath } from '../../../src/contract/index.ts';
import { ifCode, NO_PROCESS } from '../../support/if-code.ts';
import { eventually, HAS_DOCKER, lamSession, type LamSession } from '../session.ts';
import { CLAIMS, PLACES, SHARED_FOLDERS, type Claim, type Place, type Target } from './claims.ts';

const FUNCTIONS = join(import.meta.dirname, '../../fixtures/functions');
/** Files of the daemon's user, outside of /tmp, which sandboxes may have for themselves. */
const SHARED = '/var/tmp';
const CODE_SECRET = 'CODE-SECRET';

/** The place that this machine and user can try for a driver. */
function placeOf(driver: 'docker' | 'process'): Place {
  if (driver === 'docker') return 'docker';
  return process.getuid?.() === 0 ? 'root' : 'user';
}

/** Whether the claim succeeds where this test runs. */
function canIn(place: Place, { outcome, dockerAsUser }: Claim): boolean {
  const isAsUser = place === 'docker' && process.getuid?.() !== 0;
  return isAsUser ? (dockerAsUser ?? outcome.docker) : outcome[place];
}

/** Tries every claim with real functions on one driver. */
export function describeIsolation(driver: 'docker' | 'process'): void {
  const place = placeOf(driver);
  const skip = driver === 'docker' && !HAS_DOCKER ? 'no Docker engine answers' : process.platform !== 'linux';
  describe(`with ${PLACES[place]}, a function`, { skip }, () => {
    let s: LamSession;
    let target: Target;
    const servers: Server[] = [];
    const files = mkdtempSync(join(SHARED, 'lam-isolation-'));

    before(async () => {
      s = await lamSession({ driver });
      target = await targetIn(s, files, servers);
    });
    after(async () => {
      for (const server of servers) server.close();
      await s.dispose();
      rmSync(files, { recursive: true });
      removeShared(target);
    });

    for (const [group, claims] of Object.entries(CLAIMS))
      for (const claim of claims) {
        const can = canIn(place, claim);
        test(`${can ? 'can' : 'cannot'} ${claim.can} (${group.toLowerCase()})`, async () => {
          assert.equal(await attempt(s, claim, target), can);
        });
      }
  });
}

/** Deploys a function that tries it; whether it succeeded. A function that is ended for it did not succeed. */
async function attempt(s: LamSession, claim: Claim, target: Target): Promise<boolean> {
  const name = `try-${claim.can.replaceAll(/[^a-z]+/gi, '-').slice(0, 50)}`;
  const settings = Object.entries({ timeout: 15, ...claim.config }).map(([key, value]) => `${key}: ${value}\n`);
  const cwd = s.files(name, { 'lam.yaml': `name: ${name}\nruntime: nodejs\n${settings.join('')}` });
  cpSync(join(FUNCTIONS, 'isolation-attacker'), cwd, { recursive: true });
  await s.ok(['deploy'], { cwd });
  const event = JSON.stringify({ attempt: claim.attempt, ...claim.given(target) });
  const trying = s.run(['invoke', name, '-d', event]);
  if (claim.during !== undefined) await eachAnswers(s, claim.during, trying);
  const { stdout, code } = await trying;
  const answer = JSON.parse(stdout) as { succeeded?: boolean; errorType?: string };
  const succeeded = answer.succeeded ?? false;
  if (answer.succeeded === undefined) assert.match(answer.errorType ?? '', /OutOfMemory|ExitError|Killed/, stdout);
  else assert.equal(code, 0);
  if (claim.leaves !== undefined) {
    const mark = claim.leaves;
    assert.ok(succeeded, 'it started its process');
    assert.notEqual(processWith(mark), undefined, 'the process runs before the function is deleted');
    await s.ok(['delete', name, '-y']);
    return !(await eventually(() => processWith(mark) === undefined, 5000));
  }
  await s.ok(['delete', name, '-y']);
  return succeeded;
}

/** Invokes a function until `until` is settled; each answer must be its own. */
async function eachAnswers(s: LamSession, name: string, until: Promise<unknown>): Promise<void> {
  let running = true;
  void until.finally(() => (running = false));
  for (let n = 0; running; n++) {
    const { stdout } = await s.ok(['invoke', name, '-d', `{"name":"n${n}"}`]);
    assert.match(stdout, new RegExp(`Hello n${n}!`));
  }
}

async function targetIn(s: LamSession, files: string, servers: Server[]): Promise<Target> {
  const secret = randomUUID();
  const tmpName = `${secret}.txt`;
  chmodSync(files, 0o755);
  const privateFile = join(files, 'private');
  writeFileSync(privateFile, secret, { mode: 0o600 });
  const cwd = s.files('victim', { 'lam.yaml': `name: victim\nruntime: nodejs\nenvironment:\n  SECRET: ${secret}\n` });
  cpSync(join(FUNCTIONS, 'isolation-victim'), cwd, { recursive: true });
  await s.ok(['deploy'], { cwd });
  const segmentBytes = 1_000_000 + randomInt(1_000_000);
  const given = JSON.stringify({ file: tmpName, shared: SHARED_FOLDERS, segment: segmentBytes });
  const told = JSON.parse((await s.ok(['invoke', 'victim', '-d', given])).stdout) as {
    path: string;
    port: number;
    address: string;
    made: string;
  };
  assert.match(told.made, /id: \d+/, 'it made a segment of shared memory');
  await s.ok(['init', 'polls', '--runtime', 'provided', '--template', 'shell']);
  await s.ok(['deploy'], { cwd: join(s.cwd, 'polls') });
  // A runtime of the Runtime API is started with its environment; the others receive theirs later.
  await s.ok(['env', 'set', 'polls', `SECRET=${secret}`]);
  await s.ok(['invoke', 'polls']);
  const { pid: daemonPid, driver } = await s.status();
  const pid = processWith(secret.slice(0, 8));
  assert.ok(pid !== undefined, 'the process of the victim is found');
  const code = fileWith(s.home, CODE_SECRET, 'index.js');
  assert.ok(code !== undefined, 'the code of the victim is found');
  const listening = runtimeApis();
  // In a container, the API is reached through a relay inside it.
  if (driver === 'process') assert.ok(listening.length > 0, 'a Runtime API listens');
  return {
    home: s.home,
    controlSocket: socketPath(s.home),
    daemonPid,
    secret,
    codeSecret: CODE_SECRET,
    victim: {
      code,
      tmpFile: told.path,
      tmpName,
      segmentBytes,
      pid,
      host: driver === 'docker' ? told.address : '127.0.0.1',
      port: told.port,
    },
    privateFile,
    publicFile: publicFile(),
    loopbackPort: await listenOn('127.0.0.1', servers),
    openPort: await listenOn('0.0.0.0', servers),
    daemonPort: s.port,
    runtimeApi: listening,
  };
}

/** Removes what the victim left on this machine where it was not kept apart. */
function removeShared({ victim }: Target): void {
  for (const folder of SHARED_FOLDERS) rmSync(join(folder, victim.tmpName), { force: true });
  const rows = readFileSync('/proc/sysvipc/shm', 'latin1').split('\n');
  for (const row of rows) {
    const [, id = '', , bytes] = row.trim().split(/\s+/);
    if (bytes === String(victim.segmentBytes)) execFileSync('/usr/bin/ipcrm', ['--shmem-id', id]);
  }
}

/** A file outside of the folders that containers see of the host. */
function publicFile(): Target['publicFile'] {
  const path = ['/var/lib/dpkg/status', '/etc/login.defs', '/etc/fstab'].find((candidate) => existsSync(candidate));
  assert.ok(path !== undefined, 'this system has one of the files');
  return { path, text: readFileSync(path, 'latin1').slice(0, 60) };
}

async function listenOn(host: string, servers: Server[]): Promise<number> {
  const server = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  servers.push(server);
  return (server.address() as AddressInfo).port;
}

/** The loopback addresses at which Runtime APIs listen, which is port 9001 on Linux. */
function runtimeApis(): Target['runtimeApi'] {
  const rows = readFileSync('/proc/net/tcp', 'latin1').split('\n').slice(1);
  return rows.flatMap((row) => {
    const [, local = '', , state] = row.trim().split(/\s+/);
    const [address = '', port = ''] = local.split(':');
    if (state !== '0A' || Number.parseInt(port, 16) !== 9001) return [];
    const bytes = address.match(/../g) ?? [];
    return [
      {
        host: bytes
          .toReversed()
          .map((byte) => Number.parseInt(byte, 16))
          .join('.'),
        port: 9001,
      },
    ];
  });
}

/** A process with this text in its command line. */
function processWith(text: string): number | undefined {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .find((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(text);
      } catch (error) {
        return ifCode(NO_PROCESS, false)(error);
      }
    });
}

/** The path of a file of this name with this text, below the stored code of a home. */
function fileWith(home: string, text: string, name: string): string | undefined {
  return readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name === name)
    .map((entry) => join(entry.parentPath, entry.name))
    .find((path) => readFileSync(path, 'latin1').includes(text));
}
