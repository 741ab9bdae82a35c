import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';

import type { SandboxId } from '../../src/contract/index.ts';
import { ifCode, NOT_OURS } from '../support/if-code.ts';
import { pidsOf } from './driver-rig.ts';

/** Tries all that a Runtime API does, over and over; prints the status of each try, 000 without an answer. */
const ATTACK = `api=http://$1/2018-06-01
try() { curl -s -m 5 -o /dev/null -w '%{http_code}\\n' "$@"; }
while :; do
  try "$api/runtime/invocation/next"
  try -d '"stolen"' "$api/runtime/invocation/$2/response"
  try -d '{"errorMessage":"stolen"}' "$api/runtime/invocation/$2/error"
  try -d '{"errorMessage":"stolen"}' "$api/runtime/init/error"
  try -X PUT -d '{}' "$api/logs"
  try -H 'Lambda-Extension-Name: stranger' -d '{"events":["INVOKE"]}' "$api/extension/register"
done`;

/** Processes outside of a sandbox that try to reach its Runtime API. Disposing ends them. */
export class Strangers implements AsyncDisposable {
  readonly #children: readonly ChildProcess[];
  #printed = '';

  /** `uid`: their user, by default this process's own. `requestId`: what they answer, as if they had guessed it. */
  constructor(address: string, requestId: string, options: { readonly uid?: number; readonly count: number }) {
    const { uid, count } = options;
    const user = uid === undefined ? {} : { uid, gid: uid };
    this.#children = Array.from({ length: count }, () => {
      const child = spawn('/bin/sh', ['-c', ATTACK, 'sh', address, requestId], {
        detached: true,
        stdio: ['ignore', 'pipe', 'ignore'],
        ...user,
      });
      child.stdout.on('data', (chunk: Buffer) => (this.#printed += chunk.toString()));
      return child;
    });
  }

  /** How often each status was answered. */
  get answers(): Readonly<Record<string, number>> {
    const statuses = this.#printed.split('\n').filter((line) => /^\d{3}$/.test(line));
    return Object.fromEntries([...new Set(statuses)].map((s) => [s, statuses.filter((t) => t === s).length]));
  }

  /** Waits until they have tried `times` times. */
  async tried(times: number): Promise<void> {
    while (this.#printed.length < 4 * times) {
      const [first] = this.#children;
      assert.ok(first?.stdout);
      await once(first.stdout, 'data');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = this.#children.map((child) => once(child, 'close'));
    for (const { pid } of this.#children) if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    await Promise.all(ended);
  }
}

/** Where the Runtime API of a process sandbox listens, read from the environment of its processes. */
export async function apiOf(home: string, id: SandboxId): Promise<string> {
  for (const pid of await pidsOf(home, id)) {
    const environment = (await readFile(`/proc/${pid}/environ`, 'latin1').catch(ifCode(NOT_OURS, ''))).split('\0');
    const address = environment.find((variable) => variable.startsWith('AWS_LAMBDA_RUNTIME_API='));
    if (address !== undefined) return address.slice(address.indexOf('=') + 1);
  }
  throw new TypeError(`no process of sandbox ${id}`);
}
