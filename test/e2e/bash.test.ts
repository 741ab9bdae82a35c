import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { DRIVERS, lamSession, type LamSession } from './session.ts';

/** Counts its calls; fails where the event says so. */
const SCRIPT = `calls=0
handle() {
  local event
  event=$(cat)
  if [[ $event == *refuse* ]]; then echo "refused: \\"$event\\""; return 4; fi
  false
  printf '{"calls":%d}' $((++calls))
}
`;

for (const driver of DRIVERS) {
  describe(`a function in bash (${driver})`, () => {
    let s: LamSession;
    before(async () => {
      s = await lamSession({ driver });
    });
    after(() => s.dispose());

    const deploy = (name: string, script: string): Promise<unknown> =>
      s.ok(['deploy', name, '--runtime', 'bash', '--inline', script]);

    test('keeps its variables, and fails with what it printed if it returns another status than 0', async () => {
      await deploy('kept', SCRIPT);
      assert.equal((await s.ok(['invoke', 'kept'])).stdout, '{"calls":1}');
      const { code, stdout } = await s.run(['invoke', 'kept', '-d', '"refuse\\tit"']);
      assert.equal(code, 5);
      assert.deepEqual(JSON.parse(stdout), {
        errorType: 'Handler.Failed',
        errorMessage: 'refused: ""refuse\\tit""',
        stackTrace: [],
      });
      assert.equal((await s.ok(['invoke', 'kept'])).stdout, '{"calls":2}');
    });

    test('that says set -e ends each call at the first command that fails, not its process', async () => {
      await deploy('strict', `set -euo pipefail\n${SCRIPT}`);
      for (let call = 0; call < 2; call += 1) {
        const { code, stdout } = await s.run(['invoke', 'strict']);
        assert.equal(code, 5);
        assert.match(stdout, /"errorType":"Handler\.Failed","errorMessage":"the function 'handle' returned 1"/);
      }
    });

    test('without its function is refused at the deploy', async () => {
      const { code, stderr } = await s.run(['deploy', 'none', '--runtime', 'bash', '--inline', 'other() { :; }']);
      assert.equal(code, 8);
      assert.match(stderr, /Runtime\.HandlerNotFound: the file 'handler\.sh' has no function 'handle'/);
    });
  });
}
