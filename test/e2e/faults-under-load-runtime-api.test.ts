import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { shoot } from './faults-under-load.ts';
import { lamSession } from './session.ts';

/** Processes one event after the other; sleeps for the seconds in the event, and answers with its pid. */
const ONE_BY_ONE = `#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
while true; do
  event=$(curl -fsS --noproxy '*' -D "$TMPDIR/headers.$$" "$api/invocation/next" 2> /dev/null) || exit 1
  id=$(tr -d '\\r' < "$TMPDIR/headers.$$" | sed -n 's/^[Ll]ambda-[Rr]untime-[Aa]ws-[Rr]equest-[Ii]d: *//p')
  sleep "$event"
  curl -fsS --noproxy '*' -o /dev/null -d "$$" "$api/invocation/$id/response"
done
`;

test(
  'what a runtime had not taken yet when another invocation overran runs elsewhere, and the daemon goes on',
  { timeout: 240_000 },
  async () => {
    await using s = await lamSession();
    const cwd = s.files('one', {
      'lam.yaml': 'name: one\nruntime: provided\ntimeout: 2\nconcurrency: 2\nmaxConcurrency: 4\n',
      bootstrap: ONE_BY_ONE,
    });
    chmodSync(join(cwd, 'bootstrap'), 0o755);
    await s.ok(['deploy'], { cwd });
    assert.match((await shoot(s.url, 'one', 0 as unknown as object)).text, /^\d+$/);
    const late = shoot(s.url, 'one', 60 as unknown as object);
    await new Promise((go) => setTimeout(go, 500));
    const behind = shoot(s.url, 'one', 0 as unknown as object);
    assert.match((await late).text, /Sandbox\.Timedout/);
    const { status, text } = await behind;
    assert.equal(status, 200, text);
    assert.match(text, /^\d+$/, 'it ran, in another sandbox');
  },
);
