import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { buildGoFixture, hasGo } from '../conformance/build-go-fixture.ts';
import { cargoVariables } from '../support/cargo.ts';
import { zipOf } from '../unit/store/support.ts';
import { http, IS_BINARY, lamSession, type LamSession } from './session.ts';

const run = promisify(execFile);
const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:';
const PROGRAM = join(import.meta.dirname, '../fixtures/awssdk-go');

const isThere = (program: string, ...args: string[]): Promise<boolean> =>
  run(program, args).then(
    () => true,
    () => false,
  );
const GO = await hasGo();
const CARGO_LAMBDA = (await isThere('cargo', '--version')) && (await isThere('cargo-lambda', 'lambda', '--version'));
const binary = IS_BINARY ? 'the built command serves the same' : false;
const noGo = GO ? false : 'there is no Go toolchain';
const noCargoLambda = GO && CARGO_LAMBDA ? false : 'cargo, cargo-lambda (PyPI) or the Go toolchain is not installed';

const code = zipOf([
  {
    name: 'index.js',
    content: 'exports.handler = async (event) => ({ event, color: process.env.COLOR });',
  },
]);

describe("AWS's clients in other languages", { skip: binary }, () => {
  let s: LamSession;
  before(async () => {
    s = await lamSession({ driver: 'process' });
    await s.ok(['start']);
  });
  after(() => s[Symbol.asyncDispose]());

  test('aws-sdk-go-v2 creates, waits, invokes, publishes, pages and deletes', { skip: noGo }, async () => {
    const [zip, program] = [join(s.root, 'code.zip'), join(s.root, 'client')];
    writeFileSync(zip, code);
    // Not in the session's environment, whose home is empty: modules and what was compiled are kept in the real one.
    await run('go', ['build', '-o', program, '.'], { cwd: PROGRAM, env: { ...process.env, CGO_ENABLED: '0' } });
    const { stdout } = await run(program, [s.url, zip], { timeout: 60_000 });
    const version = '1';
    assert.deepEqual(JSON.parse(stdout), {
      ...{ state: 'Pending', arn: `${ARN}from-go`, answer: { event: { n: 1 }, color: 'red' }, version: '$LATEST' },
      ...{ versions: ['$LATEST', version], missing: true, said: `Function not found: ${ARN}from-go` },
    });
  });

  test('cargo lambda, which uses aws-sdk-rust, deploys and invokes', { skip: noCargoLambda }, async () => {
    await using built = await buildGoFixture();
    const place = join(s.cwd, 'rusty');
    mkdirSync(place);
    // It asks Cargo what the package is, also where the program is ready.
    writeFileSync(join(place, 'main.rs'), 'fn main() {}');
    writeFileSync(
      join(place, 'Cargo.toml'),
      '[package]\nname = "rusty"\nversion = "0.1.0"\nedition = "2021"\n[[bin]]\nname = "rusty"\npath = "main.rs"\n',
    );
    const keys = { AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any', AWS_REGION: 'us-east-1' };
    const cargo = (...args: string[]): Promise<{ stdout: string }> =>
      run('cargo-lambda', ['lambda', ...args], {
        cwd: place,
        env: { ...s.environment(), ...cargoVariables(), ...keys },
        timeout: 60_000,
      });
    const deploy = ['deploy', '--endpoint-url', s.url, '--role', 'arn:aws:iam::000000000000:role/any'];
    const options = ['--binary-path', join(built.dir, 'bootstrap'), '--env-var', 'COLOR=red', '--enable-function-url'];
    const { stdout } = await cargo(...deploy, ...options, '--output-format', 'json', 'rusty');
    assert.match(stdout, new RegExp(`"${ARN}rusty`));
    const invoke = ['invoke', '--remote', '--endpoint-url', s.url];
    const answer = await cargo(...invoke, '--data-ascii', '{"name":"Ada"}', 'rusty');
    assert.match(answer.stdout, /"name":"Ada"/);
    assert.equal((await http(`${s.url}/rusty/`, { method: 'GET' })).status, 200);
    // Another deploy of it changes what is there.
    await cargo(...deploy, '--binary-path', join(built.dir, 'bootstrap'), '--memory', '256', 'rusty');
    const { stdout: described } = await s.ok(['describe', 'rusty', '--json']);
    assert.match(described, /"memoryMiB": ?256/);
  });
});
