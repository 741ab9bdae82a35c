import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ImageContext, removeImage } from './image-context.ts';
import { IS_BINARY, lamSession, NO_DOCKER } from './session.ts';

const BASH = '/bin/bash';
const skip =
  NO_DOCKER !== false
    ? NO_DOCKER
    : IS_BINARY
      ? 'the same image ran in the lane of the built command'
      : existsSync(BASH)
        ? false
        : 'there is no bash';

/** Asks the API of its sandbox: method, path, body and one header; sets `answer`. */
const ASK = `#!${BASH}
ask() {
  exec 3<>"/dev/tcp/\${AWS_LAMBDA_RUNTIME_API/://}"
  printf '%s %s HTTP/1.1\\r\\nHost: api\\r\\nConnection: close\\r\\n%s\\r\\nContent-Length: %d\\r\\n\\r\\n%s' \\
    "$1" "$2" "$4" "\${#3}" "$3" >&3
  answer=
  while IFS= read -r line <&3 || [ -n "$line" ]; do answer+="\${line%$'\\r'}"$'\\n'; done
  exec 3>&-
}
# The value of a header in the answer.
header() { [[ "\${answer,,}" =~ $1:\\ ([^$'\\n']*) ]] && found=\${BASH_REMATCH[1]}; }
`;

const FUNCTION = `${ASK}
while :; do
  ask GET /2018-06-01/runtime/invocation/next '' 'Accept: */*'
  header lambda-runtime-aws-request-id
  ask POST "/2018-06-01/runtime/invocation/$found/response" '"answered"' 'Accept: */*'
done
`;

const EXTENSION = `${ASK}
ask POST /2020-01-01/extension/register '{"events":["INVOKE","SHUTDOWN"]}' 'Lambda-Extension-Name: watch'
header lambda-extension-identifier
own="Lambda-Extension-Identifier: $found"
while :; do
  ask GET /2020-01-01/extension/event/next '' "$own"
  [[ "$answer" =~ \\"eventType\\":\\"([A-Z]+)\\" ]] || exit 1
  echo "watch got \${BASH_REMATCH[1]}, and \${LAMBDA_TASK_ROOT:-no task root}"
  [ "\${BASH_REMATCH[1]}" != SHUTDOWN ] || exit 0
done
`;

test('the extensions of an image are started beside its program', { skip }, async (t) => {
  await using s = await lamSession({ driver: 'docker' });
  const tag = `lam-test-${randomBytes(6).toString('hex')}:extensions`;
  t.after(() => removeImage(tag));
  new ImageContext(join(s.root, 'image'))
    .programs(BASH)
    .file('/app/bootstrap', FUNCTION)
    .file('/opt/extensions/watch', EXTENSION)
    .dockerfile('ENV LAMBDA_TASK_ROOT=/app', 'ENTRYPOINT ["/app/bootstrap"]')
    .build(tag);
  const cwd = s.files('beside', { 'lam.yaml': `name: beside\nruntime: image\nimage: ${tag}\n` });
  await s.ok(['deploy'], { cwd, limitMs: 120_000 });
  // The second waits until the extension has finished with the first, and has printed by then.
  for (const event of ['1', '2'])
    assert.equal((await s.ok(['invoke', 'beside', '-d', event])).stdout.trim(), '"answered"');
  assert.match((await s.ok(['logs', 'beside', '--output', 'raw'])).stdout, /^watch got INVOKE, and no task root$/m);
});
