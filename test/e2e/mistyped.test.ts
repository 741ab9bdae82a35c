import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { lamSession, processesOf, type LamSession } from './session.ts';

interface Wire {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

describe('a mistyped command line', () => {
  let s: LamSession;
  before(async () => {
    s = await lamSession();
  });
  after(() => s.dispose());

  const misuse = async (args: readonly string[], message: RegExp, hint: RegExp): Promise<void> => {
    const result = await s.run(args);
    assert.deepEqual([result.code, result.stdout], [2, ''], args.join(' '));
    const [first = '', second = ''] = result.stderr.split('\n');
    assert.match(first, message);
    assert.match(second, hint);
    const error = (JSON.parse((await s.run([...args, '--json'])).stdout) as { error?: Wire }).error;
    assert.match(`Error: ${error?.message}`, message);
    assert.match(`  hint: ${error?.hint}`, hint);
    assert.match(error?.code ?? '', /^LAM_/);
  };

  test('exits 2 and suggests a correction', async () => {
    await misuse(['deplyo'], /^Error: 'deplyo' is not a command of lam$/, /^ {2}hint: did you mean: lam deploy$/);
    await misuse(['env', 'lst'], /'env lst' is not a command/, /did you mean: lam env list$/);
    await misuse(['qqqqqqqq'], /'qqqqqqqq' is not a command/, /lam --help$/);
    await misuse(['list', '--jsno'], /^Error: there is no flag --jsno \(did you mean --json\?\)$/, /lam list --help$/);
    await misuse(['logs', 'x', '--output', 'yaml'], /output/, /lam logs --help$/);
    await misuse(['logs', 'x', '--lines', 'many'], /many/, /lam logs --help$/);
    await misuse(['list', 'too', 'many'], /unexpected argument/, /lam list --help$/);
    await misuse(['invoke', 'x', '-d', '1', '-e', 'x'], /--data and --event both/, /lam invoke --help$/);
    await misuse(['delete'], /function/i, /lam delete --help$/);
    await misuse(['autocomplete', 'tcsh'], /tcsh/, /lam autocomplete --help$/);
    await misuse(['list', '--port', 'http'], /^Error: --port: 'http' is not a port$/, /set --port to a number/);
    await misuse(['--home', 'x'], /--home needs a command/, /lam --help$/);
    await misuse(['env', 'set', 'x', 'NOVALUE'], /'NOVALUE' is not of the form KEY=VALUE/, /lam env set/);
    await misuse(
      ['config', 'set', 'x', 'colour=red'],
      /'colour' is not a setting$/,
      /there are memory, timeout,.*, routes\b.*; .*lam config get --help$/,
    );
    await misuse(['config', 'set', 'timeout'], /setting 'timeout' has no value/, /lam config set timeout=3$/);
    await misuse(['config', 'set', 'x', 'timeout'], /setting 'timeout' has no value/, /lam config set x timeout=3$/);
    await misuse(['config', 'set', 'x'], /no setting to change/, /lam config set x SETTING=VALUE/);
    await s.refused(['config', 'set', 'x'], 'LAM_CLI_NO_SETTING', 2);
    await misuse(['env', 'set', 'x'], /'x' is not of the form KEY=VALUE/, /lam env set/);
    await misuse(['config', 'set'], /^Error: SETTING=VALUE is missing$/, /lam config set --help$/);
    await misuse(['config', 'unset'], /^Error: SETTING is missing$/, /lam config unset --help$/);
    await misuse(['env', 'unset'], /^Error: KEY is missing$/, /lam env unset --help$/);
    await misuse(['alias', 'set', 'prod'], /^Error: give an alias and a version$/, /lam alias set --help$/);
    await misuse(
      ['deploy', '-m', 'why'],
      /--memory: 'why' is not a whole number \(did you mean --message/,
      /deploy --help$/,
    );
    await misuse(['config', 'set', 'x', 'timeut=5'], /'timeut' is not a setting$/, /did you mean 'timeout'/);
    await misuse(
      ['config', 'set', 'x', 'timeout=soon'],
      /^Error: timeout: 'soon' is not a number \(seconds\)$/,
      /timeout=3$/,
    );
    await misuse(['env', 'get', 'x'], /'env get' is not a command/, /did you mean: lam env list$/);
    await misuse(['schedule', 'history'], /'schedule history' is not a command/, /lam schedule list --history$/);
    await misuse(['schedule', 'add', 'x'], /is not a command/, /lam config set FUNCTION schedules=/);
    await misuse(['rollback', 'x', 'two'], /'two' is not a version/, /lam versions/);
    await misuse(['describe'], /no function named/, /lam describe FUNCTION/);
    await misuse(['route', 'add', 'GET /x'], /no function named/, /lam route add 'GET \/x' FUNCTION/);
    await misuse(['route', 'add'], /^Error: ROUTE is missing$/, /lam route add --help$/);
    await misuse(['dlq', 'show'], /^Error: ID is missing$/, /lam dlq show --help$/);
    await misuse(['retry', 'x', '--version', 'two'], /'two' is not a version/, /lam versions/);
    for (const [args, message] of [
      [[], '--json needs a command'],
      [['help'], 'help has no JSON form: leave out --json'],
    ] as const) {
      const fault = await s.refused(args, 'LAM_CLI_USAGE', 2);
      assert.equal(fault.message, message);
    }
    assert.match(
      (await s.run(['list'], { env: { LAM_PORT: 'http' } })).stderr,
      /^Error: LAM_PORT: 'http' is not a port\n.*set LAM_PORT to a number/,
    );
    s.files('.', { 'notes.txt': 'mine' });
    assert.match((await s.run(['init'], { cwd: s.cwd })).stderr, /is not an empty folder\n.*lam init NAME/);
    assert.deepEqual(processesOf(s), [], 'no daemon is started for it');
  });
});
