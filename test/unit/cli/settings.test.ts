import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DEFAULT_CONFIG } from '../../../src/contract/index.ts';
import { isLamError } from '../../../src/errors/index.ts';
import { parsePairs } from '../../../src/cli/services/environment.ts';
import { flagSettings } from '../../../src/cli/services/flag-settings.ts';
import { fieldsOf, inWords, parseSettings } from '../../../src/cli/services/settings.ts';
import { projectSchema } from '../../../src/project/index.ts';
import { SETTING_WORDS } from '../../../src/cli/services/settings.ts';

const code = (expected: string) => (error: unknown) => (error as { code?: string }).code === expected;

describe('settings', () => {
  test("suggest lam's names for those of AWS", () => {
    for (const [word, meant] of [
      ['ReservedConcurrentExecutions', 'reservedConcurrency'],
      ['reservedConcurrentExecutions', 'reservedConcurrency'],
      ['ProvisionedConcurrentExecutions', 'provisionedConcurrency'],
      ['MaximumRetryAttempts', 'maximumRetryAttempts'],
      ['MaximumEventAgeInSeconds', 'maximumEventAgeInSeconds'],
      ['MemorySize', 'memory'],
      ['EphemeralStorage', 'tmp'],
    ] as const)
      assert.throws(
        () => parseSettings([`${word}=1`]),
        (error) => isLamError(error) && error.hint === `did you mean '${meant}'?`,
        word,
      );
  });
  test('are the words and units of lam.yaml', () => {
    assert.deepEqual(
      parseSettings([
        'memory=256',
        'timeout=0.5',
        'idle=60',
        'concurrency=2',
        'maxConcurrency=8',
        'provisionedConcurrency=1',
        'network=none',
        'routes=GET /a, POST /b',
      ]),
      {
        memoryMiB: 256,
        timeoutMs: 500,
        idleTimeoutMs: 60_000,
        concurrency: 2,
        maxConcurrency: 8,
        provisionedConcurrency: 1,
        network: 'none',
        routes: ['GET /a', 'POST /b'],
      },
    );
  });
  test('all exist in the schema of lam.yaml', () => {
    const schema = projectSchema() as { else: { properties: Record<string, { properties?: object }> } };
    const { properties } = schema.else;
    const words = { ...properties, ...properties['async']?.properties };
    for (const word of SETTING_WORDS) assert.ok(word in words, word);
  });
  test('of asynchronous invocations may be true, false or a map as JSON', () =>
    assert.deepEqual(
      parseSettings([
        'async=true',
        'maximumRetryAttempts=5',
        'maximumEventAgeInSeconds=60',
        'onSuccess={"type":"file","path":"a"}',
        'onFailure=',
      ]),
      {
        async: true,
        maximumRetryAttempts: 5,
        maximumEventAgeMs: 60_000,
        onSuccess: { type: 'file', path: 'a' },
        onFailure: null,
      },
    ));
  test('are read back as they were set', () => {
    const words = inWords(DEFAULT_CONFIG);
    assert.equal(words['timeout'], 3);
    assert.equal(words['memory'], 128);
    assert.equal('environment' in words, false);
  });
  test('name the fields to unset', () =>
    assert.deepEqual(fieldsOf(['memory', 'idle']), ['memoryMiB', 'idleTimeoutMs']));
  for (const bad of ['memory=', 'memory=lots', 'memory=64s', 'timeout=s'])
    test(`'${bad}' is refused`, () => assert.throws(() => parseSettings([bad]), code('LAM_CLI_BAD_SETTING')));
  for (const bad of ['nope', 'nope=1', '=1', 'toString=1'])
    test(`'${bad}' is refused`, () => assert.throws(() => parseSettings([bad]), code('LAM_CLI_UNKNOWN_SETTING')));
  test('in seconds may say so', () => assert.deepEqual(parseSettings(['timeout=1.5s']), { timeoutMs: 1500 }));
});

test('a setting without a value is named, with a command that has one', () => {
  const hint = (pair: string, name?: string): string => {
    try {
      parseSettings([pair], name);
    } catch (error) {
      if (code('LAM_CLI_NO_VALUE')(error) && isLamError(error)) return `${error.message} / ${error.hint}`;
    }
    return '';
  };
  assert.equal(
    hint('timeout'),
    "setting 'timeout' has no value / put it after an equals sign: lam config set timeout=3",
  );
  assert.match(hint('handler', 'hello'), /lam config set hello handler=VALUE$/);
  assert.match(hint('routes'), /routes='GET \/hello'$/);
});

describe('environment pairs', () => {
  test('keep everything after the first =', () => assert.deepEqual(parsePairs(['A=b=c', 'B=']), { A: 'b=c', B: '' }));
  for (const bad of ['A', '=b', ''])
    test(`'${bad}' is refused`, () => assert.throws(() => parsePairs([bad]), code('LAM_CLI_BAD_ENVIRONMENT')));
});

describe('flags that replace settings of lam.yaml', () => {
  test('contain only the given ones', () => {
    assert.deepEqual(flagSettings({}), {});
    assert.deepEqual(flagSettings({ env: ['A=1'], memory: 64, timeout: '1.5s' }), {
      environment: { A: '1' },
      memoryMiB: 64,
      timeoutMs: 1500,
    });
  });
  test('refuse a time-out that is not a number', () =>
    assert.throws(() => flagSettings({ timeout: 'soon' }), code('LAM_CLI_BAD_SETTING')));
});
