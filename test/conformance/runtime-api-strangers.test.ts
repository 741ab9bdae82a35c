import assert from 'node:assert/strict';
import { chmod, cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { asRequestId } from '../support/ids.ts';
import { buildGoFixture, hasGo } from './build-go-fixture.ts';
import { Booted, codeIn, DriverRig, hooksOf, initOf, specOf, type Logged, type Subject } from './driver-rig.ts';
import { apiOf, Strangers } from './strangers.ts';

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;
const EVENTS = 20;

/** Starts the code in `folder` on the Runtime API. */
async function started(rig: DriverRig, folder: string): Promise<Booted> {
  const logs: Logged[] = [];
  const sandbox = await rig.driver.create(specOf('provided', folder), hooksOf(logs));
  return new Booted(sandbox, await sandbox.session.init(initOf('provided', sandbox.taskRoot), 10_000), logs);
}

/** Writes a `bootstrap` into a new folder of the home. */
async function written(rig: DriverRig, name: string, bootstrap: string): Promise<string> {
  const folder = join(codeIn(rig.home), name);
  await mkdir(folder);
  await writeFile(join(folder, 'bootstrap'), bootstrap);
  await chmod(join(folder, 'bootstrap'), 0o755);
  return folder;
}

/** A runtime whose client is a child for each request, one of them in a session of its own; it answers with the event. */
const IN_CHILDREN = `#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while :; do
  setsid --wait curl -sS -D "$TMPDIR/headers" -o "$TMPDIR/event" "$api/next" || exit 1
  id=$(tr -d '\\r' <"$TMPDIR/headers" | sed -n 's/^Lambda-Runtime-Aws-Request-Id: //p')
  rm -f "$TMPDIR/done"
  (curl -sS -o /dev/null --data-binary "@$TMPDIR/event" "$api/$id/response"; touch "$TMPDIR/done") &
  while [ ! -e "$TMPDIR/done" ]; do sleep 0.01; done
done
`;

/** Sends events while strangers try to take and answer them; every answer must be the sandbox's own. */
async function unharmed(rig: DriverRig, booted: Booted, key: string): Promise<void> {
  assert.equal(booted.init.kind, 'ready', JSON.stringify(booted.init));
  const address = await apiOf(rig.home, booted.sandbox.id);
  const requestId = asRequestId(crypto.randomUUID());
  await using same = new Strangers(address, requestId, { count: 3 });
  await using nobody = new Strangers(address, requestId, isRoot ? { uid: NOBODY, count: 3 } : { count: 1 });
  await Promise.all([same.tried(3), nobody.tried(3)]);
  const answerTo = async (name: string): Promise<unknown> => {
    const answer = await booted.json({ Name: name }, { requestId });
    assert.ok(typeof answer === 'object' && answer !== null);
    return Reflect.get(answer, key);
  };
  for (let n = 0; n < EVENTS; n += 1) assert.equal(await answerTo(`event ${n}`), `event ${n}`);
  await Promise.all([same.tried(30), nobody.tried(30)]);
  assert.deepEqual([Object.keys(same.answers), Object.keys(nobody.answers)], [['000'], ['000']]);
  assert.equal(await answerTo('the last'), 'the last');
}

const SUBJECTS: readonly Subject[] = [{ name: 'process' }, { name: 'process', cgroups: false }];

for (const subject of SUBJECTS) {
  const limits = 'cgroups' in subject ? 'without control groups' : 'with control groups where there are any';
  describe(`other processes of the machine, ${limits}`, { skip: process.platform !== 'linux' }, () => {
    test('take and answer no event of a runtime that opens a connection for each request', async () => {
      await using rig = await DriverRig.make(subject);
      await using booted = await started(rig, await written(rig, 'children', IN_CHILDREN));
      await unharmed(rig, booted, 'Name');
    });

    test('take and answer no event of a function with the official Go client', async (t) => {
      if (!(await hasGo())) return t.skip('there is no Go here');
      await using rig = await DriverRig.make(subject);
      await using built = await buildGoFixture();
      // Where sandboxes reach it.
      const folder = join(codeIn(rig.home), 'go');
      await cp(built.dir, folder, { recursive: true });
      await chmod(folder, 0o755);
      await using booted = await started(rig, folder);
      await unharmed(rig, booted, 'name');
    });
  });
}
