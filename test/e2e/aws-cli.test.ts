import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { zipOf } from '../unit/store/support.ts';
import { http, IS_BINARY, lamSession, type LamSession } from './session.ts';

const run = promisify(execFile);
const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:';

/** Debian's, which has `logs tail`; others in the path may be older. */
const [AWS, PYTHON] = ['/usr/bin/aws', '/usr/bin/python3'];
const hasAws = await run(PYTHON, ['-c', 'import awscli']).then(
  () => true,
  () => false,
);
const skip = IS_BINARY ? 'the built command serves the same' : hasAws ? false : 'aws is not installed (Debian: awscli)';
/** Most commands run in one process, since the start of Python takes longer than they do. */
const COMMANDS = join(import.meta.dirname, '../fixtures/awscli/commands.py');

/** A handler that prints, and answers its word, what it was sent, and a file of a layer. */
const code = (word: string): Buffer =>
  zipOf([
    {
      name: 'index.js',
      content: `
        const { existsSync, readFileSync } = require('node:fs');
        exports.handler = async (event) => {
          console.log('heard', JSON.stringify(event));
          const layer = '/opt/words.txt';
          return { word: '${word}', event, color: process.env.COLOR, layer: existsSync(layer) ? readFileSync(layer, 'utf8') : null };
        };`,
    },
  ]);

type Json = Record<string, unknown>;

describe("AWS's own command line", { skip }, () => {
  let s: LamSession;
  let env: Record<string, string>;
  let shell: ChildProcessByStdio<Writable, Readable, null>;
  let answers: AsyncIterator<string>;
  before(async () => {
    s = await lamSession({ driver: 'process' });
    await s.ok(['start']);
    env = {
      ...s.environment(),
      ...{ AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any', AWS_DEFAULT_REGION: 'us-east-1', AWS_PAGER: '' },
    };
    shell = spawn(PYTHON, [COMMANDS], { cwd: s.cwd, env, stdio: ['pipe', 'pipe', 'inherit'] });
    answers = createInterface({ input: shell.stdout })[Symbol.asyncIterator]();
    for (const word of ['one', 'two']) writeFileSync(join(s.cwd, `${word}.zip`), code(word));
    writeFileSync(join(s.cwd, 'layer.zip'), zipOf([{ name: 'words.txt', content: 'of the layer' }]));
    writeFileSync(join(s.cwd, 'event.json'), '{"n":1}');
  });
  after(async () => {
    const ended = once(shell, 'exit');
    shell.stdin.end();
    await ended;
    await s[Symbol.asyncDispose]();
  });

  const args = (words: string): string[] => ['--endpoint-url', s.url, '--output', 'json', ...words.trim().split(/\s+/)];
  /** Resolves with what a command printed. Throws with what it printed as its fault. */
  async function aws(words: string): Promise<Json> {
    shell.stdin.write(`${JSON.stringify(args(words))}\n`);
    const { value } = await answers.next();
    const { code: exit, out, err } = JSON.parse(String(value)) as { code: number; out: string; err: string };
    if (exit !== 0) throw new Error(`exit ${exit}: ${err}`);
    return out.trim() === '' ? {} : (JSON.parse(out) as Json);
  }
  async function invoke(more = '', out = 'out.json'): Promise<{ said: Json; answer: Json }> {
    const said = await aws(`lambda invoke --function-name cli --payload fileb://event.json ${more} ${out}`);
    return { said, answer: JSON.parse(readFileSync(join(s.cwd, out), 'utf8')) as Json };
  }

  test('lists nothing yet', async () => {
    const { stdout } = await run(AWS, args('lambda list-functions'), { cwd: s.cwd, env, timeout: 60_000 });
    assert.deepEqual(JSON.parse(stdout), { Functions: [] });
  });

  test('creates a function, waits for it and invokes it', async () => {
    const made = await aws(
      `lambda create-function --function-name cli --runtime nodejs22.x --handler index.handler --tags team=a
       --role arn:aws:iam::000000000000:role/any --zip-file fileb://one.zip --environment Variables={COLOR=red}`,
    );
    assert.deepEqual([made['FunctionArn'], made['State']], [`${ARN}cli`, 'Pending']);
    assert.deepEqual(await aws('lambda wait function-active --function-name cli'), {});
    const { said, answer } = await invoke('--log-type Tail');
    assert.deepEqual([said['StatusCode'], said['ExecutedVersion']], [200, '$LATEST']);
    assert.match(Buffer.from(String(said['LogResult']), 'base64').toString(), /heard \{"n":1\}/);
    assert.deepEqual(answer, { word: 'one', event: { n: 1 }, color: 'red', layer: null });
    // What the command makes is a function like others.
    assert.match((await s.ok(['list'])).stdout, /cli/);
  });

  test('updates code and settings, and waits until they count', async () => {
    const code = await aws('lambda update-function-code --function-name cli --zip-file fileb://two.zip');
    assert.equal(code['LastUpdateStatus'], 'InProgress');
    await aws('lambda update-function-configuration --function-name cli --environment Variables={COLOR=blue}');
    await aws('lambda wait function-updated --function-name cli');
    const { answer } = await invoke();
    assert.deepEqual([answer['word'], answer['color']], ['two', 'blue']);
  });

  test('publishes versions and leads aliases to them', async () => {
    const first = await aws('lambda publish-version --function-name cli --description first');
    const one = String(first['Version']);
    await aws('lambda update-function-code --function-name cli --zip-file fileb://one.zip --publish');
    const alias = await aws(`lambda create-alias --function-name cli --name prod --function-version ${one}`);
    assert.equal(alias['AliasArn'], `${ARN}cli:prod`);
    const versions = await aws('lambda list-versions-by-function --function-name cli');
    const { said, answer } = await invoke('--qualifier prod', 'prod.json');
    const numbers = (versions['Versions'] as Json[]).map(({ Version: number }) => String(number));
    assert.deepEqual([numbers[0], numbers.includes(one), numbers.length], ['$LATEST', true, 3]);
    assert.deepEqual([said['ExecutedVersion'], answer['word']], [one, 'two']);
    const weighed = await aws(
      `lambda update-alias --function-name cli --name prod --routing-config AdditionalVersionWeights={${numbers[2]}=1.0}`,
    );
    assert.deepEqual(weighed['RoutingConfig'], { AdditionalVersionWeights: { [numbers[2] ?? '']: 1 } });
    assert.equal((await invoke('--qualifier prod', 'prod.json')).answer['word'], 'one');
  });

  test('gives it a URL, tags and a layer', async () => {
    const url = await aws('lambda create-function-url-config --function-name cli --auth-type NONE');
    const layer = await aws('lambda publish-layer-version --layer-name words --zip-file fileb://layer.zip');
    await aws(`lambda tag-resource --resource ${ARN}cli --tags stage=test`);
    const answer = await http(String(url['FunctionUrl']), { method: 'GET' });
    assert.equal((JSON.parse(answer.body.toString()) as Json)['word'], 'one');
    const tags = await aws(`lambda list-tags --resource ${ARN}cli`);
    await aws(`lambda update-function-configuration --function-name cli --layers ${String(layer['LayerVersionArn'])}`);
    assert.deepEqual(tags['Tags'], { team: 'a', stage: 'test' });
    const layers = await aws('lambda list-layers');
    const used = await aws('lambda get-function-configuration --function-name cli');
    assert.deepEqual(
      (layers['Layers'] as Json[]).map(({ LayerName: name }) => name),
      ['words'],
    );
    assert.equal((used['Layers'] as Json[])[0]?.['Arn'], layer['LayerVersionArn']);
  });

  test('follows its logs', async () => {
    const tail = spawn(AWS, args('logs tail /aws/lambda/cli --follow --since 1h --format short'), {
      cwd: s.cwd,
      // In a terminal it shows each line at once anyway.
      env: { ...env, PYTHONUNBUFFERED: '1' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    s.onDispose(() => void tail.kill('SIGKILL'));
    let seen = '';
    /** Resolves when it has shown this. */
    const shows = (text: string): Promise<void> =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (seen.includes(text)) resolve();
        };
        tail.stdout.on('data', look);
        tail.once('exit', () => reject(new Error(`it ended: ${seen}`)));
        look();
      });
    tail.stdout.on('data', (piece: Buffer) => void (seen += piece.toString()));
    await shows('{"n":1}');
    writeFileSync(join(s.cwd, 'second.json'), '{"n":2}');
    await aws('lambda invoke --function-name cli --payload fileb://second.json second.out');
    await shows('{"n":2}');
    tail.removeAllListeners('exit');
    const gone = once(tail, 'exit');
    tail.kill('SIGINT');
    await gone;
    const groups = await aws('logs describe-log-groups --log-group-name-prefix /aws/lambda/cli');
    assert.deepEqual(
      (groups['logGroups'] as Json[]).map(({ logGroupName: name }) => name),
      ['/aws/lambda/cli'],
    );
  });

  test('is told who it is, and what is wrong', async () => {
    assert.equal((await aws('sts get-caller-identity'))['Account'], '000000000000');
    await assert.rejects(
      aws('lambda get-function --function-name nobody'),
      /exit 254: .*\(ResourceNotFoundException\) when calling the GetFunction operation: Function not found: arn:aws:lambda:us-east-1:000000000000:function:nobody/s,
    );
  });

  test('deletes it', async () => {
    await aws('lambda delete-function --function-name cli');
    assert.deepEqual((await aws('lambda list-functions'))['Functions'], []);
  });
});
